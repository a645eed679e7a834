import { Button, Group, Stack } from "@mantine/core";
import { IconDevices } from "@tabler/icons-react";
import { EmptyState } from "@wardline/uikit/components/EmptyState.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { WaitingDevice } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { ToneBadge } from "../../components/Badges.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Page } from "../../shell/Page.tsx";
import { useJudgeDevice, useWaitingDevices } from "./calls.ts";
import { DeviceCodes } from "./DeviceCodes.tsx";

/** WaitingPage is where devices are let in, one by one or by a code, if the clinic wants that. */
export function WaitingPage() {
  const { t } = useTranslation("access");
  const query = useWaitingDevices();
  const judge = useJudgeDevice();
  const columns: Column<WaitingDevice>[] = [
    {
      id: "name",
      header: t("waiting.person"),
      cell: (row) => (
        <Group gap="xs">
          {row.name} ({row.login}){!row.reachable && <ToneBadge tone="warn" label={t("waiting.unreachable")} />}
        </Group>
      ),
    },
    { id: "device", header: t("waiting.device"), cell: (row) => row.device },
    { id: "created", header: t("waiting.since"), cell: (row) => <Time at={row.created} /> },
    {
      id: "act",
      header: t("waiting.act"),
      cell: (row) => (
        <Group gap="xs">
          <Button size="xs" onClick={() => judge.mutate({ id: row.id, approve: true })}>
            {t("waiting.approve")}
          </Button>
          <Button size="xs" variant="default" onClick={() => judge.mutate({ id: row.id, approve: false })}>
            {t("waiting.refuse")}
          </Button>
        </Group>
      ),
    },
  ];
  return (
    <Page title={t("waiting.title")} intro={t("waiting.intro")}>
      <Stack>
        <Panel title={t("waiting.list")}>
          <QueryView query={query}>
            {({ items }) => (
              <Stack>
                <ActionError error={judge.error} />
                {items.length === 0 ? (
                  <EmptyState icon={IconDevices} title={t("waiting.none")} />
                ) : (
                  <DataTable label={t("waiting.list")} columns={columns} rows={items} rowKey={(row) => row.id} />
                )}
              </Stack>
            )}
          </QueryView>
        </Panel>
        <DeviceCodes />
      </Stack>
    </Page>
  );
}
