import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PersonDetail, PersonGroup } from "../../api/directory.ts";
import { LinkTo } from "../../components/LinkTo.tsx";
import { Panel } from "../../components/Panel.tsx";

/** useBecause says by what somebody is in a group: a rule, a source, the hand. */
function useBecause(): (group: PersonGroup) => string {
  const { t } = useTranslation("persons");
  return ({ kind, source }) =>
    kind === "source" ? t("groupBy.source", { source: source?.name || t("sourceGone") }) : t(`groupBy.${kind}`);
}

/** GroupsPanel is which groups somebody is in, and by what. */
export function GroupsPanel({ person: { groups, active } }: { person: PersonDetail }) {
  const { t } = useTranslation("persons");
  const because = useBecause();
  return (
    <Panel title={t("groups")}>
      {groups.length === 0 ? (
        <Text size="sm">{t("noGroups")}</Text>
      ) : (
        <List size="sm">
          {groups.map((group) => (
            <List.Item key={group.id} data-testid="person-group" data-kind={group.kind}>
              <LinkTo to="/groups/$id" params={{ id: group.id }}>
                {group.name}
              </LinkTo>{" "}
              <Text span size="sm" c="dimmed">
                {because(group)}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
      {groups.length > 0 && !active && (
        <Text size="sm" mt="xs">
          {t("groupsPaused")}
        </Text>
      )}
    </Panel>
  );
}
