import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "@wardline/uikit/api/client.ts";
import { errorKey } from "@wardline/uikit/components/errorText.ts";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import { api } from "../../client/hub.ts";
import { devicesKey } from "./devicesKey.ts";

type Verdict = { id: string; answer: "approve" | "refuse" };

function judge({ id, answer }: Verdict): Promise<void> {
  return unwrap(api.POST("/api/v1/devices/waiting/{id}/{answer}", { params: { path: { id, answer } } }));
}

/** WaitingDevices are own browsers that want to become devices, where the clinic asks for approval. */
export function WaitingDevices() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: [...devicesKey, "waiting"],
    queryFn: async () => (await unwrap(api.GET("/api/v1/devices/waiting"))).items ?? [],
    refetchInterval: 15_000,
  });
  const run = useMutation({ mutationFn: judge, onSettled: () => queries.invalidateQueries({ queryKey: devicesKey }) });
  if (!data?.length && !run.error) return null;
  return (
    <Stack gap="sm">
      {run.error && (
        <Alert color="red" variant="light" role="alert">
          {t(errorKey(run.error), { ns: "ui" })}
        </Alert>
      )}
      {data?.map(({ id, name, created }) => (
        <Group key={id} justify="space-between" data-testid="waiting-own">
          <div>
            <Text fw={600}>{t("devices.asks", { name })}</Text>
            <Text size="sm" c="dimmed">
              <Time at={created} /> · {t("devices.asksHint")}
            </Text>
          </div>
          <Group gap="xs">
            <Button size="sm" mih={44} loading={run.isPending} onClick={() => run.mutate({ id, answer: "approve" })} data-testid="own-approve">
              {t("devices.approve")}
            </Button>
            <Button size="sm" mih={44} variant="default" onClick={() => run.mutate({ id, answer: "refuse" })} data-testid="own-refuse">
              {t("devices.refuse")}
            </Button>
          </Group>
        </Group>
      ))}
    </Stack>
  );
}
