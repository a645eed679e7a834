import type { Entry, Timeline } from "../../chat/model.ts";

/** Row is an entry and what stands around it. One row is one entry, so that nothing moves when a page is put in front. */
export interface Row {
  readonly entry: Entry;
  /** The day begins here: the separator above says which. */
  readonly day: boolean;
  /** The line "new messages" stands above. */
  readonly unread: boolean;
  /** First and last of what one person said in one go. */
  readonly head: boolean;
  readonly tail: boolean;
}

const together = 5 * 60_000;

const dayOf = ({ at }: Entry): string => new Date(at).toDateString();

function follows(entry: Entry, before: Entry | undefined): boolean {
  if (!before || entry.kind === "line" || before.kind === "line") return false;
  if (entry.user !== before.user || dayOf(entry) !== dayOf(before)) return false;
  return Math.abs(Date.parse(entry.at) - Date.parse(before.at)) < together;
}

/** What one has written oneself is never new, and a line of the room alone draws no line. */
function firstNew({ entries, firstUnread }: Timeline): Entry | undefined {
  if (firstUnread === null) return undefined;
  return entries.find((entry) => entry.seq !== null && entry.seq >= firstUnread && !isMine(entry));
}

export function isMine(entry: Entry): boolean {
  return entry.kind === "text" && entry.mine;
}

export function rowsOf(timeline: Timeline): Row[] {
  const { entries, hasOlder } = timeline;
  const fresh = firstNew(timeline);
  const joined = entries.map((entry, at) => entry !== fresh && follows(entry, entries[at - 1]));
  return entries.map((entry, at) => {
    const before = entries[at - 1];
    // The first of a page has its day in the page before; the floating date names it meanwhile.
    const day = before ? dayOf(before) !== dayOf(entry) : !hasOlder;
    return { entry, day, unread: entry === fresh, head: !joined[at], tail: !joined[at + 1] };
  });
}

/** startOf is the row a room opens at; null is the end. */
export function startOf(rows: readonly Row[]): number | null {
  const at = rows.findIndex(({ unread }) => unread);
  return at < 0 ? null : at;
}

/** newestSeq is the highest number up to and with this row: what has been on the screen is read. */
export function newestSeq(rows: readonly Row[], last: number): number {
  for (let at = Math.min(last, rows.length - 1); at >= 0; at--) {
    const seq = rows[at]?.entry.seq;
    if (seq !== null && seq !== undefined) return seq;
  }
  return 0;
}

/** isPrepended tells rows put in front, or taken away there, from everything else that can happen to a list. */
export function isPrepended(before: readonly Row[], now: readonly Row[]): boolean {
  const added = now.length - before.length;
  if (before.length === 0 || now.length === 0 || added === 0) return false;
  const joint = added > 0 ? before[0]?.entry.id === now[added]?.entry.id : before[-added]?.entry.id === now[0]?.entry.id;
  return joint && before.at(-1)?.entry.id === now.at(-1)?.entry.id;
}
