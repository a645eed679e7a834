import { withRows, type Patch } from "./book.ts";
import type { Desk } from "./desk.ts";
import type { Row } from "./records.ts";

export interface Source {
  /** The person whose device gave it, when it is not this account. */
  readonly restoredBy: string | null;
  /** Only what is here as broken is filled; otherwise also what is not here at all. */
  readonly brokenOnly: boolean;
  /** The letter it came in. */
  readonly mail?: string;
}

/**
 * takeIn stores rows another device has given, where this one has none or only a broken
 * one, and never instead of what it has decrypted itself. Returns what was broken before.
 */
export async function takeIn(desk: Desk, rows: readonly Row[], source: Source): Promise<Row[]> {
  const { book, me, hub } = desk;
  const taken: Row[] = [];
  const mended: Row[] = [];
  for (const row of rows.filter(({ room }) => book.get(room))) {
    const known = await book.shelf.row(row.room, row.seq);
    if (known && known.what.kind !== "broken") continue;
    if (!known && source.brokenOnly) continue;
    // Who sent what is broken, the hub has said to this device itself.
    if (known && (known.id !== row.id || known.user !== row.user)) continue;
    const restored = { ...row, restoredBy: source.restoredBy };
    taken.push(restored);
    if (known) mended.push(restored);
  }
  await book.save({
    rows: taken,
    confirmed: taken.flatMap(({ room, user, what }) => (what.kind === "confirm" && user === me.user ? [{ room, id: what.ref }] : [])),
    patches: patchesOf(taken, me.user),
    mails: source.mail ? [source.mail] : [],
  });
  if (mended.length > 0) await hub.repaired(mended.map(({ room, seq }) => ({ room, seq }))).catch(() => undefined);
  return mended;
}

function patchesOf(rows: readonly Row[], me: string): { room: string; patch: Patch }[] {
  const rooms = [...new Set(rows.map(({ room }) => room))];
  return rooms.map((room) => {
    const own = rows.filter((row) => row.room === room).sort((a, b) => a.seq - b.seq);
    const title = own.findLast(({ what }) => what.kind === "info")?.what;
    const patch: Patch = (before) => {
      const named = before.kind === "group" && !before.title && title?.kind === "info" ? title.title : before.title;
      return { ...withRows(before, own, me), title: named };
    };
    return { room, patch };
  });
}
