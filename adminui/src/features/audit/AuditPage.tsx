import { IconListCheck } from "@tabler/icons-react";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import { api } from "../../api.ts";
import type { AuditLine } from "../../api/systems.ts";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { LinkTo } from "../../components/LinkTo.tsx";
import { LongList } from "../../components/LongList.tsx";
import { useLongList } from "../../components/useLongList.ts";
import { Page } from "../../shell/Page.tsx";
import { dataText, objectPlace } from "./auditText.ts";

function AuditObject({ line }: { line: AuditLine }) {
  const place = objectPlace(line);
  if (!place) return <span className="wl-tabular">{line.object || "–"}</span>;
  return (
    <LinkTo to={place} params={{ id: line.object }}>
      {line.object.slice(-12)}
    </LinkTo>
  );
}

/** AuditPage is who did what, newest first. Nothing here can be changed or deleted. */
export function AuditPage() {
  const { t } = useTranslation("audit");
  const query = useLongList(["audit"], (cursor) =>
    unwrap(api.GET("/api/v1/audit", { params: { query: cursor ? { cursor } : {} } })),
  );
  const columns: Column<AuditLine>[] = [
    { id: "at", header: t("at"), cell: (line) => <Time at={line.at} format="absolute" /> },
    { id: "actor", header: t("actor"), cell: (line) => line.actor?.name || t("system") },
    { id: "act", header: t("act"), cell: (line) => t(`acts.${line.act}`, { defaultValue: line.act }) },
    { id: "object", header: t("object"), cell: (line) => <AuditObject line={line} /> },
    { id: "data", header: t("data"), cell: (line) => dataText(line.data) || "–" },
  ];
  return (
    <Page title={t("title")} intro={t("intro")}>
      <LongList
        query={query}
        empty={<EmptyState icon={IconListCheck} title={t("empty.title")} hint={t("empty.hint")} />}
      >
        {(rows) => (
          <DataTable
            label={t("title")}
            columns={columns}
            rows={rows}
            rowKey={(line) => `${line.at} ${line.act} ${line.object}`}
            rowData={(line) => ({ "data-testid": "audit-row", "data-act": line.act })}
          />
        )}
      </LongList>
    </Page>
  );
}
