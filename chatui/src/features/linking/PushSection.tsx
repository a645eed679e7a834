import { Button, Text } from "@mantine/core";
import { IconBell, IconBellOff } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { Section } from "../settings/Section.tsx";
import { LinkFault } from "./LinkFault.tsx";
import { pushState } from "./pushState.ts";

/** PushSection turns notifications on and off for this browser, and says what they can and cannot do. */
export function PushSection() {
  const { t } = useTranslation("linking");
  const hubKey = useChat((state) => state.pushKey);
  const { enablePush, disablePush } = useChatActions();
  const { data: state, refetch } = useQuery({ queryKey: ["push-state", hubKey], queryFn: () => pushState(hubKey !== null), staleTime: 0 });
  const onSettled = (): void => void refetch();
  const on = useMutation({ mutationFn: () => enablePush(), onSettled });
  const off = useMutation({ mutationFn: () => disablePush(), onSettled });
  if (!state) return null;
  const asks = state === "off" || (state === "page" && hubKey !== null);
  return (
    <Section title={t("push.title")} testId="settings-push">
      <Text data-testid="push-state" data-state={state}>
        {t(`push.state.${state}`)}
      </Text>
      <LinkFault error={on.error ?? off.error} />
      {asks && (
        <Button leftSection={<IconBell size={20} />} onClick={() => on.mutate()} loading={on.isPending} style={{ alignSelf: "start" }} data-testid="push-on">
          {t("push.on")}
        </Button>
      )}
      {state === "on" && (
        <Button variant="default" leftSection={<IconBellOff size={20} />} onClick={() => off.mutate()} loading={off.isPending} style={{ alignSelf: "start" }} data-testid="push-off">
          {t("push.off")}
        </Button>
      )}
      <Text size="sm" c="dimmed">
        {t("push.hint")}
      </Text>
    </Section>
  );
}
