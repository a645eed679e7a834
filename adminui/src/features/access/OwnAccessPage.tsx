import { Stack } from "@mantine/core";
import { Passkeys } from "@wardline/uikit/session/own/Passkeys.tsx";
import { Sessions } from "@wardline/uikit/session/own/Sessions.tsx";
import { Totp } from "@wardline/uikit/session/own/Totp.tsx";
import { useTranslation } from "react-i18next";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { Page } from "../../shell/Page.tsx";

/** OwnAccessPage is how the signed-in administrator gets in, and where they are in. */
export function OwnAccessPage() {
  const { t } = useTranslation("access");
  return (
    <Page title={t("own.title")} intro={t("own.intro")}>
      <Stack maw={720}>
        <Panel title={t("own.title.passkeys", { ns: "ui" })}>
          <Passkeys />
        </Panel>
        <Panel
          title={t("own.title.totp", { ns: "ui" })}
          actions={<LinkTo to="/password">{t("own.password")}</LinkTo>}
        >
          <Totp />
        </Panel>
        <Panel title={t("own.title.sessions", { ns: "ui" })}>
          <Sessions />
        </Panel>
      </Stack>
    </Page>
  );
}
