import { Badge, Button, Group, Text } from "@mantine/core";
import { IconDevicesPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, revokeDevice } from "../../client/hub.ts";
import type { OwnDevice } from "../../client/paths.ts";
import { useChat } from "../../chat/useChat.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { AddDevice } from "../linking/AddDevice.tsx";
import { devicesKey } from "./devicesKey.ts";
import { Section } from "./Section.tsx";
import { WaitingDevices } from "./WaitingDevices.tsx";

interface RowProps {
  device: OwnDevice;
  here: boolean;
  /** Not linked yet: it gets alarms and no conversations. */
  waiting: boolean;
  onRevoke: () => void;
}

function DeviceRow({ device, here, waiting, onRevoke }: RowProps) {
  const { t } = useTranslation("settings");
  return (
    <Group justify="space-between" data-testid="device-row" data-device-id={device.id} data-waiting={waiting || undefined}>
      <div>
        <Group gap="xs">
          <Text fw={600}>{device.name}</Text>
          {here && <Badge>{t("devices.here")}</Badge>}
          {waiting && (
            <Badge variant="default">
              {t("devices.waiting")}
            </Badge>
          )}
        </Group>
        {device.last_seen && (
          <Text size="sm" c="dimmed">
            {t("devices.seen")} <Time at={device.last_seen} />
          </Text>
        )}
      </div>
      {!here && (
        <Button variant="default" size="sm" mih={44} onClick={onRevoke} data-testid="device-revoke">
          {t("devices.revoke")}
        </Button>
      )}
    </Group>
  );
}

/** DeviceList shows where alarms and conversations of this account can be read; a lost phone is shut out here. */
export function DeviceList() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const own = useBoard("device");
  const link = useChat((state) => state.link);
  const waiting = useChat((state) => state.waiting);
  const [leaving, setLeaving] = useState<OwnDevice | null>(null);
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: devicesKey,
    queryFn: async () => (await unwrap(api.GET("/api/v1/devices"))).items ?? [],
  });
  const isHere = (device: OwnDevice): boolean => device.current || device.id === own?.id;
  const waitingKey = waiting.map(({ id }) => id).join();
  useEffect(() => void queries.invalidateQueries({ queryKey: devicesKey }), [queries, waitingKey]);
  const revoke = useMutation({
    mutationFn: revokeDevice,
    onSuccess: () => setLeaving(null),
    onSettled: () => queries.invalidateQueries({ queryKey: devicesKey }),
  });
  return (
    <Section title={t("devices.title")} testId="settings-devices">
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <PagePending />)}
      {data?.map((device) => (
        <DeviceRow
          key={device.id}
          device={device}
          here={isHere(device)}
          waiting={waiting.some(({ id }) => id === device.id) || (isHere(device) && link.step === "pending")}
          onRevoke={() => setLeaving(device)}
        />
      ))}
      <WaitingDevices />
      {link.step === "certified" && (
        <Button
          leftSection={<IconDevicesPlus size={20} />}
          onClick={() => setAdding(true)}
          style={{ alignSelf: "start" }}
          data-testid="open-add-device"
        >
          {t("devices.add")}
        </Button>
      )}
      {link.step === "pending" && (
        <Button component={Link} to="/link" style={{ alignSelf: "start" }}>
          {t("devices.link")}
        </Button>
      )}
      <AddDevice opened={adding} onClose={() => setAdding(false)} />
      <ConfirmModal
        opened={leaving !== null}
        title={t("devices.revokeTitle", { name: leaving?.name ?? "" })}
        confirmLabel={t("devices.revoke")}
        dangerous
        pending={revoke.isPending}
        onConfirm={() => leaving && revoke.mutate(leaving.id)}
        onClose={() => setLeaving(null)}
      >
        {t("devices.revokeHint")}
      </ConfirmModal>
    </Section>
  );
}
