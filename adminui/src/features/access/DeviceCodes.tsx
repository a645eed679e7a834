import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceCode } from "../../api/access.ts";
import { ActionError } from "../../components/ActionError.tsx";
import { DataTable, type Column } from "../../components/DataTable.tsx";
import { Panel } from "../../components/Panel.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { ShownOnce } from "../../components/ShownOnce.tsx";
import { useDeviceCodes, useDropDeviceCode, useMakeDeviceCode } from "./calls.ts";
import { DeviceCodeForm } from "./DeviceCodeForm.tsx";
import { DeviceCodeSheet } from "./DeviceCodeSheet.tsx";
import { inFours } from "./deviceCode.ts";

function useColumns(onDrop: (code: DeviceCode) => void): Column<DeviceCode>[] {
  const { t } = useTranslation("access");
  return [
    { id: "label", header: t("codes.label"), cell: (row) => row.label },
    { id: "until", header: t("codes.until"), cell: (row) => <Time at={row.expires} format="absolute" /> },
    {
      id: "drop",
      header: t("codes.act"),
      cell: (row) => (
        <Button size="xs" variant="default" onClick={() => onDrop(row)} aria-label={t("codes.dropOf", { label: row.label })}>
          {t("codes.drop")}
        </Button>
      ),
    },
  ];
}

function Open() {
  const { t } = useTranslation("access");
  const query = useDeviceCodes();
  const drop = useDropDeviceCode();
  const [asked, setAsked] = useState<DeviceCode | null>(null);
  const columns = useColumns(setAsked);
  return (
    <>
      <QueryView query={query} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm">{t("codes.none")}</Text>
          ) : (
            <DataTable
              label={t("codes.open")}
              columns={columns}
              rows={items}
              rowKey={(row) => row.id}
              rowData={() => ({ "data-testid": "device-code-row" })}
            />
          )
        }
      </QueryView>
      <ConfirmModal
        opened={asked !== null}
        title={t("codes.dropTitle", { label: asked?.label })}
        confirmLabel={t("codes.drop")}
        dangerous
        pending={drop.isPending}
        onConfirm={() => asked && drop.mutate(asked.id, { onSuccess: () => setAsked(null) })}
        onClose={() => {
          drop.reset();
          setAsked(null);
        }}
      >
        {t("codes.dropText")}
        <ActionError error={drop.error} />
      </ConfirmModal>
    </>
  );
}

function Made({ made, onDone }: { made: DeviceCode & { code: string }; onDone: () => void }) {
  const { t } = useTranslation("access");
  return (
    <Stack>
      <DeviceCodeSheet made={made} />
      <ShownOnce secret={inFours(made.code)} hint={t("codes.once")} printable />
      <Text size="sm">
        {t("codes.label")}: <strong>{made.label}</strong>
        <br />
        {t("codes.until")}: <Time at={made.expires} format="absolute" />
      </Text>
      <Text size="sm">{t("codes.use")}</Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t("codes.done")}</Button>
      </Group>
    </Stack>
  );
}

/** DeviceCodes makes codes of which each lets one new device in at once. */
export function DeviceCodes() {
  const { t } = useTranslation("access");
  const make = useMakeDeviceCode();
  return (
    <Panel title={t("codes.title")}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("codes.intro")}
        </Text>
        <ActionError error={make.error} />
        <DeviceCodeForm pending={make.isPending} onMake={(wanted, made) => make.mutate(wanted, { onSuccess: made })} />
        <Open />
      </Stack>
      <Modal
        opened={make.data !== undefined}
        onClose={make.reset}
        closeOnClickOutside={false}
        title={t("codes.made")}
        closeButtonProps={{ "aria-label": t("close", { ns: "ui" }) }}
      >
        {make.data && <Made made={make.data} onDone={make.reset} />}
      </Modal>
    </Panel>
  );
}
