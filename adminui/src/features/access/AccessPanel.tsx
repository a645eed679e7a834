import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { browserName } from "@wardline/uikit/session/own/browserName.ts";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Access } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { useAccess, useEnd, type Ended } from "./calls.ts";
import { RolesForm } from "./RolesForm.tsx";

interface LineProps {
  text: ReactNode;
  detail: ReactNode;
  label: string;
  onEnd: () => void;
}

function Line({ text, detail, label, onEnd }: LineProps) {
  const { t } = useTranslation("access");
  return (
    <Group justify="space-between" wrap="nowrap">
      <div>
        <Text size="sm" fw={500}>
          {text}
        </Text>
        <Text size="sm" c="dimmed">
          {detail}
        </Text>
      </div>
      <Button variant="default" size="xs" onClick={onEnd} aria-label={label}>
        {t("end")}
      </Button>
    </Group>
  );
}

function Lines({ access, end }: { access: Access; end: (ended: Ended) => void }) {
  const { t } = useTranslation("access");
  return (
    <>
      {access.devices.map(({ id, name, last_seen: seen }) => (
        <Line
          key={id}
          text={name}
          detail={seen ? <Time at={seen} /> : t("neverSeen")}
          label={t("revoke", { name })}
          onEnd={() => end({ what: "device", id })}
        />
      ))}
      {access.sessions.map((one) => {
        const name = browserName(one.agent) || t("unknownBrowser");
        const where = t(one.console ? "atConsole" : "atChat");
        return (
          <Line
            key={one.id}
            text={`${name} · ${where}`}
            detail={
              <>
                {one.means.map((way) => t(`own.sessions.means.${way}`, { ns: "ui" })).join(" + ")} ·{" "}
                <Time at={one.used} />
              </>
            }
            label={t("endSession", { name })}
            onEnd={() => end({ what: "session", id: one.id })}
          />
        );
      })}
      {access.passkeys.map(({ id, name, last_used: used }) => (
        <Line
          key={id}
          text={t("passkey", { name })}
          detail={used ? <Time at={used} /> : t("neverUsed")}
          label={t("deletePasskey", { name })}
          onEnd={() => end({ what: "passkey", id })}
        />
      ))}
      {access.totp && (
        <Line
          text={t("totp")}
          detail={t("recoveryLeft", { count: access.recovery_left })}
          label={t("deleteTotp")}
          onEnd={() => end({ what: "totp" })}
        />
      )}
    </>
  );
}

/** AccessPanel is what an account signs in with and where; for the page of its person. */
export function AccessPanel({ account }: { account: string }) {
  const { t } = useTranslation("access");
  const query = useAccess(account);
  const end = useEnd(account);
  return (
    <Panel title={t("title")}>
      <QueryView query={query} rows={2}>
        {(access) => (
          <Stack gap="sm" data-testid="access">
            {access.unreachable && (
              <Alert color="orange" variant="light">
                {t("unreachable")}
              </Alert>
            )}
            <ActionError error={end.error} />
            <Text size="sm">{t(access.has_password ? "hasPassword" : "noPassword")}</Text>
            <Lines access={access} end={(ended) => end.mutate(ended)} />
            {access.sessions.length > 0 && (
              <Group>
                <Button variant="default" loading={end.isPending} onClick={() => end.mutate({ what: "sessions" })}>
                  {t("endAll")}
                </Button>
              </Group>
            )}
            <RolesForm access={access} />
          </Stack>
        )}
      </QueryView>
    </Panel>
  );
}
