import { Button } from "@mantine/core";
import { IconDevices } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { LinkPanel } from "./LinkPanel.tsx";

/** LinkPage is the panel as a page of its own, for a phone; once linked it says so. */
export function LinkPage() {
  const { t } = useTranslation("linking");
  const link = useChat((state) => state.link);
  if (link.step === "pending") return <LinkPanel link={link} />;
  if (link.step === "unknown") return <PagePending />;
  return (
    <EmptyState
      icon={IconDevices}
      title={t("done.title")}
      hint={t("done.hint")}
      action={
        <Button component={Link} to="/">
          {t("done.button")}
        </Button>
      }
    />
  );
}
