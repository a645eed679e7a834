import { Group, Stack, Text } from "@mantine/core";
import { Time } from "@wardline/uikit/components/Time.tsx";
import { useTranslation } from "react-i18next";
import type { ChatHealth } from "../../api/talk.ts";
import { ToneBadge } from "../../components/Badges.tsx";
import { Panel } from "../../components/Panel.tsx";
import { recorderState, recorderTone } from "./chatText.ts";

/** RecorderPanel says whether the rooms are kept in order, and what to do when they are not. */
export function RecorderPanel({ recorder }: { recorder: ChatHealth["recorder"] }) {
  const { t } = useTranslation("chat");
  const state = recorderState(recorder);
  return (
    <Panel title={t("recorder.title")} actions={<ToneBadge tone={recorderTone[state]} label={t(`recorder.state.${state}`)} />}>
      <Stack gap="xs" data-testid="recorder" data-state={state}>
        <Text>{t(`recorder.hint.${state}`)}</Text>
        {recorder.last_seen && !recorder.connected && (
          <Group gap={4}>
            <Text size="sm" c="dimmed">
              {t("recorder.lastSeen")} <Time at={recorder.last_seen} format="absolute" />
            </Text>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}
