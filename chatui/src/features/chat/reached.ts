import type { Member, ReceiptTime, TextEntry } from "../../chat/model.ts";

export interface Reached {
  readonly user: string;
  /** null where there is no time to tell. */
  readonly at: string | null;
}

export interface ReachedBy {
  readonly confirmed: readonly Reached[];
  readonly open: readonly Reached[];
  readonly read: readonly Reached[];
  readonly delivered: readonly Reached[];
  readonly sent: readonly Reached[];
}

const byTime = (a: Reached, b: Reached): number => (a.at ?? "").localeCompare(b.at ?? "");

/** reachedBy sorts everybody but the sender by how far an own message has come. The recorder reads nothing and confirms nothing. */
export function reachedBy(members: readonly Member[], times: readonly ReceiptTime[], entry: TextEntry, me: string): ReachedBy {
  const found = new Map(times.map((one) => [one.user, one]));
  const left = times.filter(({ user }) => user !== me && !members.some((one) => one.user === user)).map(({ user }) => user);
  const people = [...members.filter(({ user, recorder }) => user !== me && !recorder).map(({ user }) => user), ...left];
  const pick = (wanted: (time: ReceiptTime | undefined) => string | null | undefined): Reached[] =>
    people.flatMap((user) => {
      const at = wanted(found.get(user));
      return at === undefined ? [] : [{ user, at }];
    });
  const confirmed = entry.confirmed.map(({ user, at }) => ({ user, at }));
  const said = new Set(confirmed.map(({ user }) => user));
  return {
    confirmed,
    open: members.filter(({ user, role, recorder }) => user !== me && !recorder && role !== "reader" && !said.has(user)).map(({ user }) => ({ user, at: null })),
    read: pick((time) => time?.readAt ?? undefined).sort(byTime),
    delivered: pick((time) => (time?.readAt ? undefined : (time?.deliveredAt ?? undefined))).sort(byTime),
    sent: pick((time) => (time?.readAt || time?.deliveredAt ? undefined : null)),
  };
}
