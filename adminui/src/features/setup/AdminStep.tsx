import { Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Passkeys } from "@wardline/uikit/session/own/Passkeys.tsx";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/setup.ts";
import { LinkTo } from "../../components/LinkTo.tsx";

/** AdminStep gives who is here a way in of their own; the set-up link works once. */
export function AdminStep({ facts }: { facts: Facts }) {
  const { t } = useTranslation("setup");
  const queries = useQueryClient();
  return (
    <Stack maw={560}>
      <Text>{t(facts.has_password ? "admin.hasPassword" : "admin.noPassword")}</Text>
      <LinkTo to="/password">{t("admin.password")}</LinkTo>
      <Passkeys onAdded={() => void queries.invalidateQueries({ queryKey: ["setup"] })} />
    </Stack>
  );
}
