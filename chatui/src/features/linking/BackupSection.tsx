import { Button, Group, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { Section } from "../settings/Section.tsx";
import { LinkFault } from "./LinkFault.tsx";
import { NewBackup } from "./NewBackup.tsx";

const key = ["backup"] as const;

function Manage() {
  const { t } = useTranslation("linking");
  const queries = useQueryClient();
  const { hasBackup, makeBackup, dropBackup } = useChatActions();
  const [asking, setAsking] = useState<"replace" | "drop" | null>(null);
  const [code, setCode] = useState<string | null>(null);
  const { data, error } = useQuery({ queryKey: key, queryFn: () => hasBackup(), retry: false });
  const onSettled = (): Promise<void> => {
    setAsking(null);
    return queries.invalidateQueries({ queryKey: key });
  };
  // The code is shown and then gone: no cache of queries or mutations keeps it.
  const make = useMutation({ mutationFn: async () => setCode(await makeBackup()), onSettled, gcTime: 0 });
  const drop = useMutation({ mutationFn: () => dropBackup(), onSettled });
  if (data === undefined) return error ? <LinkFault error={error} /> : <PagePending />;
  return (
    <>
      <Text data-testid="backup-state" data-there={data}>
        {t(data ? "backup.there" : "backup.none")}
      </Text>
      <LinkFault error={make.error ?? drop.error} />
      <Group gap="xs">
        <Button
          variant={data ? "default" : "filled"}
          leftSection={<IconKey size={20} />}
          onClick={() => (data ? setAsking("replace") : make.mutate())}
          loading={make.isPending}
          data-testid="make-backup"
        >
          {t(data ? "backup.replace" : "backup.make")}
        </Button>
        {data && (
          <Button variant="default" onClick={() => setAsking("drop")} loading={drop.isPending} data-testid="drop-backup">
            {t("backup.drop")}
          </Button>
        )}
      </Group>
      <ConfirmModal
        opened={asking !== null}
        title={t(asking === "drop" ? "backup.dropTitle" : "backup.replaceTitle")}
        confirmLabel={t(asking === "drop" ? "backup.drop" : "backup.replace")}
        dangerous={asking === "drop"}
        pending={make.isPending || drop.isPending}
        onConfirm={() => (asking === "drop" ? drop.mutate() : make.mutate())}
        onClose={() => setAsking(null)}
      >
        {t(asking === "drop" ? "backup.dropHint" : "backup.replaceHint")}
      </ConfirmModal>
      {code !== null && <NewBackup code={code} onClose={() => setCode(null)} />}
    </>
  );
}

/** BackupSection makes, replaces and deletes the encrypted backup, where the clinic allows one. */
export function BackupSection() {
  const { t } = useTranslation("linking");
  const allowed = useChat((state) => state.backupAllowed);
  const certified = useChat((state) => state.link.step === "certified");
  if (!certified) return null;
  return (
    <Section title={t("backup.title")} testId="settings-backup">
      {allowed ? (
        <>
          <Text size="sm" c="dimmed">
            {t("backup.hint")}
          </Text>
          <Manage />
        </>
      ) : (
        <Text>{t("backup.forbidden")}</Text>
      )}
    </Section>
  );
}
