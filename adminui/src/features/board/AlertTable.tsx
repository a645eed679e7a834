import { Anchor, Text } from "@mantine/core";
import { PriorityBadge } from "@wardline/uikit/components/PriorityBadge.tsx";
import { useTranslation } from "react-i18next";
import type { Alert } from "../../api/alerting.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { Elapsed } from "./Elapsed.tsx";
import { isRunning, priorityOf, toneOf } from "./order.ts";
import { usePlace } from "./usePlace.ts";

interface Props {
  alerts: Alert[];
  onOpen: (id: string) => void;
}

export function AlertTable({ alerts, onOpen }: Props) {
  const { t } = useTranslation("board");
  const place = usePlace();
  const columns: Column<Alert>[] = [
    { id: "priority", header: t("priority"), cell: (row) => <PriorityBadge priority={priorityOf(row)} /> },
    {
      id: "text",
      header: t("alert"),
      cell: (row) => (
        <>
          <Anchor
            component="button"
            type="button"
            ta="left"
            fw={600}
            inherit
            onClick={() => onOpen(row.id)}
            data-testid="alert-open"
          >
            {row.text || row.caller || t("noText")}
          </Anchor>
          <Text size="xs" c="dimmed">
            {row.technical ? t("technical") : row.caller}
          </Text>
        </>
      ),
    },
    { id: "place", header: t("place"), cell: (row) => place(row) || "–" },
    {
      id: "age",
      header: t("age"),
      right: true,
      cell: (row) => <Elapsed since={row.raised_at} until={isRunning(row) ? undefined : row.ended_at} />,
    },
    {
      id: "state",
      header: t("state.title"),
      cell: (row) => <ToneBadge tone={toneOf(row.state)} label={t(`state.${row.state}`)} />,
    },
    { id: "step", header: t("step"), cell: (row) => t("stepOf", { step: row.step, steps: row.steps }) },
    {
      id: "accepted",
      header: t("acceptedBy"),
      cell: (row) => row.accepted_by.map(({ name }) => name).join(", ") || t("nobody"),
    },
    { id: "source", header: t("source"), cell: (row) => row.connector.name },
  ];
  return (
    <DataTable
      label={t("title")}
      columns={columns}
      rows={alerts}
      rowKey={(row) => row.id}
      rowData={(row) => ({
        "data-testid": "alert-row",
        "data-alert-id": row.id,
        "data-state": row.state,
        "data-priority": String(row.priority),
      })}
    />
  );
}
