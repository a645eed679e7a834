import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { PersonAccount } from "../../api/directory.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ShownOnce } from "../../components/ShownOnce.tsx";
import { useIssueCode } from "./calls.ts";

/** CodeButton makes an activation code and shows it this one time. */
export function CodeButton({ account, name }: { account: PersonAccount; name: string }) {
  const { t } = useTranslation("persons");
  const issue = useIssueCode(account.id);
  return (
    <>
      <Button
        leftSection={<IconKey size={18} aria-hidden="true" />}
        loading={issue.isPending}
        disabled={account.locked_here || account.locked_there}
        onClick={() => issue.mutate()}
        data-testid="code-create"
      >
        {t("code.button")}
      </Button>
      <ActionError error={issue.error} />
      <Modal
        opened={issue.data !== undefined}
        onClose={issue.reset}
        closeOnClickOutside={false}
        title={t("code.title", { name })}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        {issue.data && (
          <Stack>
            <Text size="sm">
              {t("login")}: <strong>{account.login}</strong>
            </Text>
            <ShownOnce secret={issue.data.code} hint={t("code.once")} printable />
            <Text size="sm" data-testid="code-expires">
              {t("code.expires")} <Time at={issue.data.expires} format="absolute" />
            </Text>
            <Group justify="flex-end">
              <Button onClick={issue.reset}>{t("code.done")}</Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </>
  );
}
