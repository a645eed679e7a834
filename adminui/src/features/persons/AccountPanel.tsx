import { Button, Group, Stack, Text } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonAccount, PersonDetail } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { Panel } from "../../components/Panel.tsx";
import { accountState, fullName } from "./accountState.ts";
import { useSetLock } from "./calls.ts";
import { CodeButton } from "./CodeButton.tsx";

function Locks({ account }: { account: PersonAccount }) {
  const { t } = useTranslation("persons");
  return (
    <Stack gap={4}>
      <Text size="sm" data-testid="lock-here" data-locked={account.locked_here}>
        <strong>{t("lock.here")}:</strong> {t(account.locked_here ? "lock.hereSet" : "lock.none")}
      </Text>
      <Text size="sm" data-testid="lock-there" data-locked={account.locked_there}>
        <strong>{t("lock.there")}:</strong> {t(account.locked_there ? "lock.thereSet" : "lock.none")}
      </Text>
    </Stack>
  );
}

function LockButton({ account, name }: { account: PersonAccount; name: string }) {
  const { t } = useTranslation("persons");
  const [asking, setAsking] = useState(false);
  const set = useSetLock(account.id);
  const lock = !account.locked_here;
  const word = lock ? "lock" : "unlock";
  return (
    <>
      <Button
        variant="default"
        {...(lock ? { c: "var(--mantine-color-error)" } : {})}
        onClick={() => setAsking(true)}
        data-testid={lock ? "account-lock" : "account-unlock"}
      >
        {t(`${word}.button`)}
      </Button>
      <ConfirmModal
        opened={asking}
        title={t(`${word}.title`, { name })}
        confirmLabel={t(`${word}.button`)}
        dangerous={lock}
        pending={set.isPending}
        onConfirm={() => set.mutate(lock, { onSuccess: () => setAsking(false) })}
        onClose={() => setAsking(false)}
      >
        {t(!lock && account.locked_there ? "unlock.stillThere" : `${word}.text`)}
        <ActionError error={set.error} />
      </ConfirmModal>
    </>
  );
}

/** AccountPanel is whether somebody may sign in, who says so, and what can be done here. */
export function AccountPanel({ person }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const { account } = person;
  const { tone, key } = accountState(account);
  return (
    <Panel title={t("account.title")} actions={<ToneBadge tone={tone} label={t(key)} />}>
      {!account ? (
        <Text size="sm">{t("account.noneHint")}</Text>
      ) : (
        <Stack gap="sm">
          <Text size="sm">
            {t("login")}: <strong data-testid="account-login">{account.login}</strong>
            {" · "}
            {t("lastSeen")}: {account.last_seen ? <Time at={account.last_seen} /> : t("never")}
          </Text>
          <Locks account={account} />
          <Group>
            <CodeButton account={account} name={fullName(person)} />
            <LockButton account={account} name={fullName(person)} />
          </Group>
        </Stack>
      )}
    </Panel>
  );
}
