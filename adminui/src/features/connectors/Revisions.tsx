import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconRestore } from "@tabler/icons-react";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Connector, Difference, Revision } from "../../api/systems.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { useRevert, useRevisions } from "./calls.ts";
import { DiffTable } from "./DiffTable.tsx";
import { differences } from "./diffText.ts";

interface EntryProps {
  connector: Connector;
  revision: Revision;
  onRevert: () => void;
}

function RevisionPanel({ connector, revision, onRevert }: EntryProps) {
  const { t } = useTranslation("connectors");
  const current = revision.revision === connector.revision;
  const title = t(current ? "revision.current" : "revision.title", { revision: revision.revision });
  // The hub notes a way back as "→ 3".
  const target = /^→ (\d+)$/.exec(revision.comment ?? "")?.[1];
  const comment = target ? t("revision.reverted", { revision: target }) : revision.comment;
  const diff: Difference[] = revision.diff ?? [];
  return (
    <div data-testid="revision" data-revision={revision.revision}>
      <Panel
        title={title}
        actions={
          !current && (
            <Button
              size="sm"
              variant="default"
              leftSection={<IconRestore size={18} aria-hidden="true" />}
              onClick={onRevert}
              data-testid="revision-revert"
            >
              {t("revision.revert", { revision: revision.revision })}
            </Button>
          )
        }
      >
        <Group gap="xs" mb="xs">
          <Text size="sm" fw={600}>
            {revision.author?.name ?? t("revision.system")}
          </Text>
          <Text size="sm" c="dimmed">
            <Time at={revision.at} format="absolute" />
          </Text>
        </Group>
        {revision.comment && <Text mb="xs">{comment}</Text>}
        {diff.length > 0 ? (
          <DiffTable kind={connector.kind} diff={diff} />
        ) : (
          <Text size="sm" c="dimmed">
            {t(revision.revision === 1 ? "revision.first" : "revision.same")}
          </Text>
        )}
      </Panel>
    </div>
  );
}

/** Revisions lists what a connector's settings have been and goes back to any of them. */
export function Revisions({ connector }: { connector: Connector }) {
  const { t } = useTranslation("connectors");
  const query = useRevisions(connector.id);
  const revert = useRevert(connector.id);
  const [asked, setAsked] = useState<Revision | null>(null);
  const back = (): void => {
    if (!asked) return;
    revert.mutate(asked.revision, {
      onSuccess: ({ revision }) => {
        setAsked(null);
        notifications.show({ message: t("saved", { revision }) });
      },
    });
  };
  return (
    <QueryView query={query}>
      {({ items }) => (
        <Stack>
          {items.map((revision) => (
            <RevisionPanel
              key={revision.revision}
              connector={connector}
              revision={revision}
              onRevert={() => setAsked(revision)}
            />
          ))}
          <ConfirmModal
            opened={asked !== null}
            title={t("revision.revertTitle", { revision: asked?.revision })}
            pending={revert.isPending}
            onConfirm={back}
            onClose={() => setAsked(null)}
          >
            <Text mb="sm">{t("revision.revertText", { next: connector.revision + 1 })}</Text>
            {asked && <DiffTable kind={connector.kind} diff={differences(connector.config, asked.config)} />}
            <ActionError error={revert.error} codes={{ stale: t("stale") }} />
          </ConfirmModal>
        </Stack>
      )}
    </QueryView>
  );
}
