import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconShieldX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Chat, Warning } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import classes from "./ChatPage.module.css";
import { useNames } from "./useNames.ts";

function Banner({ chat, warning }: { chat: Chat; warning: Warning }) {
  const { t } = useTranslation("chat");
  const names = useNames();
  const { acknowledge } = useChatActions();
  const run = useMutation({ mutationFn: () => acknowledge(chat.id, warning) });
  const { kind } = warning;
  const user = "user" in warning ? warning.user : null;
  const name = user === null ? "" : names.of(user);
  const amber = kind === "missing";
  return (
    <Alert
      className={classes["warning"] ?? ""}
      data-kind={kind}
      data-testid="room-warning"
      role="alert"
      icon={amber ? <IconAlertTriangle /> : <IconShieldX />}
      title={t(`warning.${kind}.title`, { name })}
      radius={0}
      p="sm"
    >
      <Text size="sm">{t(`warning.${kind}.hint`, { name })}</Text>
      {user !== null && (
        <Group gap="xs" mt="xs">
          <Button size="sm" mih={44} variant="default" onClick={() => run.mutate()} loading={run.isPending} data-testid="acknowledge">
            {t("warning.understood")}
          </Button>
          {!amber && (
            <Button size="sm" mih={44} variant="default" component={Link} to={`/chat/${chat.id}/safety/${user}`}>
              {t("warning.compare")}
            </Button>
          )}
        </Group>
      )}
    </Alert>
  );
}

/** Warnings stand above the conversation until the person has acknowledged them; a frozen room's stays. */
export function Warnings({ chat }: { chat: Chat }) {
  if (chat.warnings.length === 0) return null;
  return (
    <div className={classes["warnings"]}>
      {chat.warnings.map((warning) => (
        <Banner key={`${warning.kind}/${"user" in warning ? warning.user : ""}`} chat={chat} warning={warning} />
      ))}
    </div>
  );
}
