import { Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ChatHealth } from "../../api/talk.ts";
import { Panel } from "../../components/Panel.tsx";
import { sortedCauses } from "./chatText.ts";

function Line({ name, count, strong = false }: { name: string; count: number; strong?: boolean }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text fw={strong ? 600 : 400}>{name}</Text>
      <Text fw={strong ? 600 : 400} className="wl-tabular">
        {count}
      </Text>
    </Group>
  );
}

/** Causes counts the messages that could not be read, since the beginning. */
export function Causes({ health }: { health: ChatHealth }) {
  const { t } = useTranslation("chat");
  return (
    <Panel title={t("totals.title")}>
      <Stack gap={4} data-testid="chat-totals" data-open={health.open}>
        <Line name={t("totals.open")} count={health.open} strong />
        <Line name={t("totals.repaired")} count={health.repaired} />
        {sortedCauses(health.by_cause).map(([cause, count]) => (
          <Line key={cause} name={t(`cause.${cause}`, { defaultValue: cause })} count={count} />
        ))}
      </Stack>
    </Panel>
  );
}
