import { Button, Text } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { useTranslation } from "react-i18next";
import type { Group } from "../../api/staff.ts";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { Bindings } from "./Bindings.tsx";
import { useGroups } from "./calls.ts";
import { useSentence } from "./useSentence.ts";

function useColumns(): Column<Group>[] {
  const { t, i18n } = useTranslation("groups");
  const sentence = useSentence();
  return [
    {
      id: "name",
      header: t("name"),
      cell: (row) => (
        <LinkTo to="/groups/$id" params={{ id: row.id }} strong>
          {row.name}
        </LinkTo>
      ),
    },
    {
      id: "kind",
      header: t("kindTitle"),
      cell: (row) => (
        <>
          {t(`kind.${row.kind}`)}
          <Text size="xs" c="dimmed">
            {row.kind === "rule" ? sentence(row.rule) : row.source?.name}
          </Text>
        </>
      ),
    },
    { id: "bound", header: t("bound.title"), cell: (row) => <Bindings group={row} /> },
    { id: "members", header: t("members"), right: true, cell: (row) => row.members.toLocaleString(i18n.language) },
  ];
}

export function GroupsPage() {
  const { t } = useTranslation("groups");
  const query = useGroups();
  const columns = useColumns();
  const create = (
    <Button
      renderRoot={(props) => <Link {...props} to="/groups/$id" params={{ id: "new" }} />}
      leftSection={<IconPlus size={18} aria-hidden="true" />}
      data-testid="group-new"
    >
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} intro={t("intro")} actions={create}>
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="wl-surface">
              <EmptyState icon={IconUsersGroup} title={t("empty.title")} hint={t("empty.hint")} />
            </div>
          ) : (
            <DataTable
              label={t("title")}
              columns={columns}
              rows={items}
              rowKey={(row) => row.id}
              rowData={(row) => ({ "data-testid": "group-row", "data-group-name": row.name, "data-kind": row.kind })}
            />
          )
        }
      </QueryView>
    </Page>
  );
}
