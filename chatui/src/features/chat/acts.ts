import type { TFunction } from "i18next";
import type { TextEntry } from "../../chat/model.ts";
import { clockText } from "./dayText.ts";
import type { Names } from "./useNames.ts";

/** What can be done with a message; the page does it. */
export interface MessageActs {
  info(entry: TextEntry): void;
  confirm(entry: TextEntry): void;
  retry(entry: TextEntry): void;
  discard(entry: TextEntry): void;
  /** Who only reads cannot confirm: a confirmation is a message. */
  readonly reads: boolean;
}

/** mayConfirm: an urgent message of somebody else this person has not confirmed yet. */
export function mayConfirm(entry: TextEntry, me: string, { reads }: Pick<MessageActs, "reads">): boolean {
  return !reads && entry.prio === 2 && !entry.mine && entry.seq !== null && !entry.confirmed.some(({ user }) => user === me);
}

/** spokenMessage is the message in one sentence, state included, for who does not see the ticks. */
export function spokenMessage(entry: TextEntry, names: Names, language: string, say: TFunction<"chat">): string {
  const parts = [
    entry.mine ? say("spoken.mine") : names.of(entry.user),
    clockText(entry.at, language),
    entry.prio > 0 ? say(`prio.${entry.prio}`) : "",
    entry.text,
    entry.mine ? say(`delivery.${entry.delivery}`) : "",
    entry.mine && entry.prio === 2 && entry.open > 0 ? say("urgent.open", { count: entry.open }) : "",
  ];
  return parts.filter(Boolean).join(", ");
}
