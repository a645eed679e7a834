import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";

export function NotFound() {
  const { t } = useTranslation("ui");
  return (
    <EmptyState
      icon={IconMapOff}
      title={t("notFound")}
      action={
        <Button component={Link} to="/">
          {t("backToStart")}
        </Button>
      }
    />
  );
}
