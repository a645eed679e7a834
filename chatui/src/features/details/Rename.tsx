import { Button, Group, TextInput } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { tellFailure } from "../chat/tellFailure.ts";
import { longestTitle } from "../people/NewChatPage.tsx";

/** Rename gives the group another title; only its members ever see it. */
export function Rename({ chat }: { chat: Chat }) {
  const { t } = useTranslation("details");
  const { rename } = useChatActions();
  const [title, setTitle] = useState<string | null>(null);
  const run = useMutation({
    mutationFn: (next: string) => rename(chat.id, next),
    onSuccess: () => setTitle(null),
    onError: tellFailure,
  });
  if (title === null) {
    return (
      <Button variant="default" leftSection={<IconPencil size={18} />} onClick={() => setTitle(chat.title)} data-testid="rename">
        {t("rename.title")}
      </Button>
    );
  }
  return (
    <form
      style={{ alignSelf: "stretch", textAlign: "start" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() !== "") run.mutate(title.trim());
      }}
    >
      <TextInput
        label={t("rename.label")}
        size="md"
        maxLength={longestTitle}
        value={title}
        onChange={(change) => setTitle(change.currentTarget.value)}
        autoFocus
        data-testid="rename-title"
      />
      <Group gap="xs" mt="xs" justify="flex-end">
        <Button variant="default" onClick={() => setTitle(null)}>
          {t("cancel")}
        </Button>
        <Button type="submit" disabled={title.trim() === ""} loading={run.isPending}>
          {t("rename.save")}
        </Button>
      </Group>
    </form>
  );
}
