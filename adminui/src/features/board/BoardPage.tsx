import { IconBellRinging } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { SecondaryNotice } from "@wardline/uikit/components/SecondaryNotice.tsx";
import { useTranslation } from "react-i18next";
import { Page } from "../../shell/Page.tsx";

export function BoardPage() {
  const { t } = useTranslation("board");
  return (
    <Page title={t("title")}>
      <SecondaryNotice />
      <div className="wl-surface">
        <EmptyState icon={IconBellRinging} title={t("empty.title")} hint={t("empty.hint")} />
      </div>
    </Page>
  );
}
