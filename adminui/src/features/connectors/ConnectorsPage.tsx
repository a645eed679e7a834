import { IconArrowsExchange } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import { Page } from "../../shell/Page.tsx";

export function ConnectorsPage() {
  const { t } = useTranslation("connectors");
  return (
    <Page title={t("title")}>
      <div className="wl-surface">
        <EmptyState icon={IconArrowsExchange} title={t("empty.title")} hint={t("empty.hint")} />
      </div>
    </Page>
  );
}
