import type { Chat } from "../../chat/model.ts";
import type { KeptCard } from "../../store/shelf.ts";
import type { Room } from "../../stream/messages.ts";
import { roomRows, type RoomRow } from "./roomRows.ts";

export type ListRow = AlarmRow | ChatRow;

export interface AlarmRow {
  readonly kind: "alarm";
  readonly id: string;
  readonly title: string;
  readonly alarm: RoomRow;
}

export interface ChatRow {
  readonly kind: "chat";
  readonly id: string;
  readonly title: string;
  readonly chat: Chat;
}

export type Tab = "all" | "unread";

const running = (row: ListRow): boolean => row.kind === "alarm" && row.alarm.open > 0;

function activity(row: ListRow): number {
  const at = row.kind === "chat" ? row.chat.at : row.alarm.last?.card.updated_at;
  return at ? Date.parse(at) || 0 : 0;
}

/** listRows: running alarms stay on top as they were, the most pressing first; the rest by last activity. */
export function listRows(
  rooms: readonly Room[],
  cards: Iterable<KeptCard>,
  chats: readonly Chat[],
  titleOf: (chat: Chat) => string,
): ListRow[] {
  const alarms = roomRows(
    rooms.filter(({ kind }) => kind === "alarm"),
    cards,
  ).map((alarm): ListRow => ({ kind: "alarm", id: alarm.room.id, title: alarm.room.name, alarm }));
  const talks = chats.map((chat): ListRow => ({ kind: "chat", id: chat.id, title: titleOf(chat), chat }));
  const pinned = alarms.filter(running);
  const rest = [...alarms.filter((row) => !running(row)), ...talks];
  return [...pinned, ...rest.sort((a, b) => activity(b) - activity(a) || a.title.localeCompare(b.title, "de"))];
}

/** isUnread: something waits for this person there. A running alarm always does. */
export function isUnread(row: ListRow): boolean {
  return row.kind === "alarm" ? row.alarm.open > 0 : row.chat.unread > 0 || row.chat.urgent > 0;
}

/** foldText makes "Müller", "Mueller" and "MULLER" the same for a search. */
export function foldText(text: string): string {
  return text
    .toLocaleLowerCase("de")
    .replace(/ä|ae/g, "a")
    .replace(/ö|oe/g, "o")
    .replace(/ü|ue/g, "u")
    .replace(/ß/g, "ss")
    .normalize("NFD")
    .replace(/\p{M}/gu, "");
}

/** filterRows keeps what has every word of the query in its title. */
export function filterRows(rows: readonly ListRow[], tab: Tab, query: string): ListRow[] {
  const words = foldText(query).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const title = foldText(row.title);
    return (tab === "all" || isUnread(row)) && words.every((word) => title.includes(word));
  });
}

/** nextOf is the row one up or down from the open one; `unread` passes over what has nothing new. */
export function nextOf(rows: readonly ListRow[], current: string | undefined, step: 1 | -1, unread: boolean): ListRow | null {
  const at = rows.findIndex(({ id }) => id === current);
  const from = at < 0 ? (step > 0 ? -1 : rows.length) : at;
  for (let i = from + step; i >= 0 && i < rows.length; i += step) {
    const row = rows[i];
    if (row && (!unread || isUnread(row))) return row;
  }
  return null;
}

/** unreadOf is what the tab's title counts: muted rooms stay quiet unless something urgent waits there. */
export function unreadOf(chats: readonly Chat[]): number {
  return chats.reduce((sum, { unread, urgent, muted }) => sum + (muted ? urgent : Math.max(unread, urgent)), 0);
}
