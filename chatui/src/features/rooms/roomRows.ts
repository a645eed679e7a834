import { isOpen } from "../../alerts/card.ts";
import { byNewest } from "../../alerts/ringing.ts";
import type { KeptCard } from "../../store/shelf.ts";
import type { Room } from "../../stream/messages.ts";

export interface RoomRow {
  readonly room: Room;
  /** Calls that are not over, whoever they wait for. */
  readonly open: number;
  /** The highest priority among them; -1 without any. */
  readonly priority: number;
  readonly last: KeptCard | null;
}

/** roomRows puts rooms with open calls first, the most pressing on top, then by last activity. */
export function roomRows(rooms: readonly Room[], cards: Iterable<KeptCard>): RoomRow[] {
  const byRoom = new Map<string, KeptCard[]>(rooms.map(({ id }) => [id, []]));
  for (const one of cards) byRoom.get(one.room)?.push(one);
  const rows = rooms.map((room): RoomRow => {
    const own = byRoom.get(room.id) ?? [];
    const open = own.filter(({ card }) => isOpen(card));
    const last = own.reduce<KeptCard | null>((a, b) => (a && a.seq > b.seq ? a : b), null);
    return { room, open: open.length, priority: Math.max(-1, ...open.map(({ card }) => card.priority)), last };
  });
  const when = ({ last }: RoomRow): number => (last ? Date.parse(last.card.updated_at) || 0 : 0);
  return rows.sort((a, b) => b.priority - a.priority || when(b) - when(a) || a.room.name.localeCompare(b.room.name, "de"));
}

export interface Timeline {
  readonly open: readonly KeptCard[];
  readonly over: readonly KeptCard[];
}

/** timelineOf: open calls on top, the newest first; what is over below, the newest first. */
export function timelineOf(room: string, cards: Iterable<KeptCard>): Timeline {
  const own = [...cards].filter((one) => one.room === room).sort((a, b) => byNewest(a.card, b.card));
  return { open: own.filter(({ card }) => isOpen(card)), over: own.filter(({ card }) => !isOpen(card)) };
}
