import { Alert, Progress, Text } from "@mantine/core";
import { IconRocket } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { LinkTo } from "../../components/LinkTo.tsx";
import { useSetup } from "./calls.ts";

/** SetupCard is on the overview until every step is done or passed over. */
export function SetupCard() {
  const { t } = useTranslation("setup");
  const { data } = useSetup();
  if (!data || data.done) return null;
  const over = data.steps.filter(({ state }) => state !== "open").length;
  return (
    <Alert variant="light" icon={<IconRocket aria-hidden="true" />} title={t("title")} data-testid="setup-card">
      <Text size="sm" mb="xs" c="var(--mantine-color-text)">
        {t("card", { over, all: data.steps.length })} <LinkTo to="/setup">{t("continue")}</LinkTo>
      </Text>
      <Progress value={(100 * over) / data.steps.length} aria-label={t("title")} />
    </Alert>
  );
}
