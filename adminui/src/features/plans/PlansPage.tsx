import { IconGitPullRequest } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import { Page } from "../../shell/Page.tsx";

export function PlansPage() {
  const { t } = useTranslation("plans");
  return (
    <Page title={t("title")}>
      <div className="wl-surface">
        <EmptyState icon={IconGitPullRequest} title={t("empty.title")} hint={t("empty.hint")} />
      </div>
    </Page>
  );
}
