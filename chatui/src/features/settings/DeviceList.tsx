import { Badge, Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { ConfirmModal } from "@wardline/uikit/components/ConfirmModal.tsx";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, revokeDevice } from "../../client/hub.ts";
import type { OwnDevice } from "../../client/paths.ts";
import { useBoard } from "../auth/ClientProvider.tsx";
import { Section } from "./Section.tsx";

const devicesKey = ["devices"] as const;

function DeviceRow({ device, here, onRevoke }: { device: OwnDevice; here: boolean; onRevoke: () => void }) {
  const { t } = useTranslation("settings");
  return (
    <Group justify="space-between" data-testid="device-row" data-device-id={device.id}>
      <div>
        <Group gap="xs">
          <Text fw={600}>{device.name}</Text>
          {here && <Badge>{t("devices.here")}</Badge>}
        </Group>
        {device.last_seen && (
          <Text size="sm" c="dimmed">
            {t("devices.seen")} <Time at={device.last_seen} />
          </Text>
        )}
      </div>
      {!here && (
        <Button variant="default" size="sm" onClick={onRevoke} data-testid="device-revoke">
          {t("devices.revoke")}
        </Button>
      )}
    </Group>
  );
}

/** DeviceList shows where alarms of this account can be read; a lost phone is shut out here. */
export function DeviceList() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const own = useBoard("device");
  const [leaving, setLeaving] = useState<OwnDevice | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: devicesKey,
    queryFn: async () => (await unwrap(api.GET("/api/v1/devices"))).items ?? [],
  });
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
          here={device.current || device.id === own?.id}
          onRevoke={() => setLeaving(device)}
        />
      ))}
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
