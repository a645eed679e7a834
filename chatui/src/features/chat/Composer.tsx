import { ActionIcon, CloseButton, Text, Textarea } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCloudOff, IconInfoCircle, IconSend2 } from "@tabler/icons-react";
import { Note } from "@wardline/uikit/components/Note.tsx";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Priority } from "../../chat/model.ts";
import { useChatActions } from "../../chat/useChat.ts";
import { useConnection } from "../connection/useConnection.ts";
import { codeKey } from "./codeText.ts";
import classes from "./Composer.module.css";
import { PriorityMenu } from "./PriorityMenu.tsx";
import { useDraft } from "./useDraft.ts";

/** The longest text that is sent; a longer one stays in the field until it is shortened. */
export const longest = 8_000;
const nearly = longest - 500;

/** sends: Enter on a keyboard. On a touch screen it makes a new line, and never while an input method composes. */
export function sends(stroke: Pick<KeyboardEvent, "key" | "shiftKey" | "nativeEvent">, touch: boolean): boolean {
  return stroke.key === "Enter" && !stroke.shiftKey && !touch && !stroke.nativeEvent.isComposing;
}

function Closed({ chat }: { chat: Chat }) {
  const { t } = useTranslation("chat");
  const why = chat.state === "ready" ? "reader" : chat.state;
  return (
    <div className={classes["frame"]} data-testid="composer-closed" data-why={why}>
      <Note kind={why === "frozen" ? "danger" : "info"} icon={<IconInfoCircle />}>
        {t(`closed.${why}`)}
      </Note>
    </div>
  );
}

function Offline() {
  const { t } = useTranslation("chat");
  const { state } = useConnection();
  if (state === "live" || state === "opening") return null;
  return (
    <div className={classes["hint"]} role="status" data-testid="composer-offline">
      <IconCloudOff size={18} aria-hidden="true" style={{ flex: "none" }} />
      <Text size="sm">{t("composer.offline")}</Text>
    </div>
  );
}

function PriorityNote({ value, onClear }: { value: Priority; onClear: () => void }) {
  const { t } = useTranslation("chat");
  if (value === 0) return null;
  return (
    <div className={classes["hint"]} data-prio={value} role="status" data-testid="priority-note">
      <Text size="sm" fw={650} flex={1}>
        {t(`prioNote.${value}`)}
      </Text>
      <CloseButton size={44} aria-label={t("composer.normal")} onClick={onClear} />
    </div>
  );
}

function Counter({ length }: { length: number }) {
  const { t, i18n } = useTranslation("chat");
  if (length <= nearly) return null;
  const say = (n: number): string => n.toLocaleString(i18n.language);
  const over = length > longest;
  return (
    <Text size="sm" className={classes["counter"] ?? ""} c={over ? "var(--mantine-color-error)" : "dimmed"} role="status" data-testid="counter">
      {t(over ? "composer.tooLong" : "composer.left", { count: Math.abs(longest - length), number: say(Math.abs(longest - length)) })}
    </Text>
  );
}

interface Props {
  chat: Chat;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** Composer is where one writes, or the reason why one cannot. */
export function Composer({ chat, field }: Props) {
  if (chat.state !== "ready" || chat.role === "reader") return <Closed chat={chat} />;
  return <Open chat={chat} field={field} />;
}

function Open({ chat, field }: Props) {
  const { t } = useTranslation("chat");
  const { send } = useChatActions();
  const touch = useMediaQuery("(hover: none) and (pointer: coarse)", false, { getInitialValueInEffect: false });
  const [text, write] = useDraft(chat.id, chat.draft);
  const [prio, setPrio] = useState<Priority>(0);
  const [fault, setFault] = useState<unknown>(null);
  const ready = text.trim() !== "" && text.length <= longest;

  // A keyboard that pops up over the conversation helps nobody.
  const first = useRef(true);
  useEffect(() => {
    if (first.current && !touch) field.current?.focus({ preventScroll: true });
    first.current = false;
  }, [field, touch]);

  const submit = (): void => {
    if (!ready) return;
    const sent = text;
    write("");
    setPrio(0);
    setFault(null);
    field.current?.focus();
    send(chat.id, sent.trim(), prio).catch((error: unknown) => {
      // It is not in the outbox: the words go back to where they came from.
      setFault(error);
      const since = field.current?.value ?? "";
      write(since === "" ? sent : `${sent}\n${since}`);
    });
  };
  const why = fault === null ? null : codeKey(fault);
  return (
    <form
      className={classes["frame"]}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Offline />
      <PriorityNote value={prio} onClear={() => setPrio(0)} />
      {why && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)" className={classes["hint"] ?? ""}>
          {t(why.key, { ns: why.ns })}
        </Text>
      )}
      <div className={classes["row"]}>
        <PriorityMenu value={prio} onChange={setPrio} />
        <Textarea
          ref={field}
          className={classes["input"] ?? ""}
          classNames={{ input: classes["textarea"] ?? "" }}
          aria-label={t("composer.label")}
          placeholder={t("composer.placeholder")}
          autosize
          minRows={1}
          maxRows={8}
          radius="lg"
          enterKeyHint={touch ? "enter" : "send"}
          value={text}
          onChange={(change) => write(change.currentTarget.value)}
          onKeyDown={(stroke) => {
            if (!sends(stroke, touch)) return;
            stroke.preventDefault();
            submit();
          }}
          data-testid="composer"
        />
        <ActionIcon type="submit" size={46} radius="xl" variant="filled" color={prio === 2 ? "red.9" : "ward.8"} aria-label={t("composer.send")} disabled={!ready} data-testid="send">
          <IconSend2 size={24} />
        </ActionIcon>
      </div>
      <Counter length={text.length} />
    </form>
  );
}
