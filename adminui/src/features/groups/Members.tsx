import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Group } from "../../api/staff.ts";
import { LongList } from "../../components/LongList.tsx";
import { Panel } from "../../components/Panel.tsx";
import { PersonTable } from "../persons/PersonTable.tsx";
import { useMembers } from "./calls.ts";

/** Members is who is in a group now. */
export function Members({ group }: { group: Group }) {
  const { t } = useTranslation("groups");
  const query = useMembers(group.id);
  return (
    <Panel title={t("membersOf", { count: group.members })}>
      <LongList query={query} empty={<Text p="md">{t("noMembers")}</Text>}>
        {(rows) => <PersonTable rows={rows} />}
      </LongList>
    </Panel>
  );
}
