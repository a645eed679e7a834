import { ActionIcon, Button } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Card } from "../../alerts/card.ts";
import { useChat, useChatActions } from "../../chat/useChat.ts";
import { usePerson } from "../auth/usePerson.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import { discussTitle, responders } from "./discuss.ts";
import { kindText } from "./words.ts";

/** Discuss is a button that opens the group of those who answer an alert, or goes to it when it is there. */
export function Discuss({ card, compact = false }: { card: Card; compact?: boolean }) {
  const { t } = useTranslation("alarms");
  const navigate = useNavigate();
  const { id: me } = usePerson();
  const { openGroup } = useChatActions();
  const certified = useChat((state) => state.link.step === "certified");
  const there = useChat((state) => state.chats.find(({ alert, state: standing }) => alert === card.alert_id && standing !== "left")?.id);
  const open = useMutation({
    mutationFn: async () => there ?? (await openGroup(discussTitle(card, kindText(card, t)), await responders(card.alert_id, me), card.alert_id)),
    onSuccess: (id) => navigate({ to: "/chat/$id", params: { id } }),
    onError: tellFailure,
  });
  if (!certified || (card.accepted_by.length === 0 && !there)) return null;
  const label = t(there ? "discussion" : "discuss");
  if (compact) {
    return (
      <ActionIcon variant="default" size={56} aria-label={label} title={label} onClick={() => open.mutate()} loading={open.isPending} data-testid="discuss">
        <IconMessages size={26} />
      </ActionIcon>
    );
  }
  return (
    <Button
      variant="default"
      mih={48}
      leftSection={<IconMessages size={20} aria-hidden="true" />}
      onClick={() => open.mutate()}
      loading={open.isPending}
      data-testid="discuss"
    >
      {label}
    </Button>
  );
}
