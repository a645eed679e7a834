import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { Conflict } from "../../api/staff.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";
import { useDecide } from "./calls.ts";
import { Candidate } from "./Candidate.tsx";

/** statedName is how a newcomer calls themselves; their key where they do not. */
function statedName({ stated, key }: Conflict): string {
  return [stated["given_name"], stated["family_name"]].filter(Boolean).join(" ") || stated["staff_number"] || key;
}

function Facts({ conflict }: { conflict: Conflict }) {
  const { t } = useTranslation("conflicts");
  const { source, key, created, reason } = conflict;
  return (
    <>
      <Text data-testid="conflict-reason" data-reason={reason}>
        {t(`reason.${reason}`, { defaultValue: reason })}
      </Text>
      <Group gap="sm">
        <Text size="sm">
          {t("source")}:{" "}
          {source.name ? (
            <LinkTo to="/connectors/$id" params={{ id: source.id }}>
              {source.name}
            </LinkTo>
          ) : (
            t("byHand")
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {t("key", { key })}
        </Text>
        <Text size="sm" c="dimmed">
          <Time at={created} />
        </Text>
      </Group>
    </>
  );
}

/** ConflictCard is one question: the newcomer beside each they may be, and three answers. */
export function ConflictCard({ conflict }: { conflict: Conflict }) {
  const { t } = useTranslation("conflicts");
  const decide = useDecide(conflict.id);
  const open = conflict.state === "open";
  const pending = (as: string): boolean => decide.isPending && decide.variables.as === as;
  return (
    <div data-testid="conflict" data-conflict-id={conflict.id} data-state={conflict.state}>
      <Panel
        title={t("who", { name: statedName(conflict) })}
        actions={!open && <ToneBadge tone="idle" label={t(`state.${conflict.state}`)} />}
      >
        <Stack gap="sm">
          <Facts conflict={conflict} />
          <SimpleGrid cols={{ base: 1, lg: conflict.candidates.length > 1 ? 2 : 1 }}>
            {conflict.candidates.map((person) => (
              <Candidate
                key={person.id}
                person={person}
                stated={conflict.stated}
                pending={decide.isPending && decide.variables.person_id === person.id}
                {...(open ? { onSame: () => decide.mutate({ as: "same", person_id: person.id }) } : {})}
              />
            ))}
          </SimpleGrid>
          <ActionError error={decide.error} codes={{ decided: t("decided"), stale: t("stale") }} />
          {open && (
            <Group gap="sm">
              <Button variant="default" loading={pending("other")} onClick={() => decide.mutate({ as: "other" })} data-testid="conflict-other">
                {t("other")}
              </Button>
              <Button
                variant="default"
                loading={pending("dismissed")}
                onClick={() => decide.mutate({ as: "dismissed" })}
                data-testid="conflict-dismiss"
              >
                {t("dismiss")}
              </Button>
              <Text size="sm" c="dimmed">
                {t("dismissHint")}
              </Text>
            </Group>
          )}
        </Stack>
      </Panel>
    </div>
  );
}
