import { Passkeys } from "@wardline/uikit/session/own/Passkeys.tsx";
import { Sessions } from "@wardline/uikit/session/own/Sessions.tsx";
import { Totp } from "@wardline/uikit/session/own/Totp.tsx";
import { useTranslation } from "react-i18next";
import { Section } from "./Section.tsx";

/** AccessSections are the ways to sign in, and where one is signed in. */
export function AccessSections() {
  const { t } = useTranslation("ui");
  return (
    <>
      <Section title={t("own.title.passkeys")} testId="settings-passkeys">
        <Passkeys />
      </Section>
      <Section title={t("own.title.totp")} testId="settings-totp">
        <Totp />
      </Section>
      <Section title={t("own.title.sessions")} testId="settings-sessions">
        <Sessions />
      </Section>
    </>
  );
}
