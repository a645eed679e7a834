import type { CommitFacts } from "./commits.ts";
import type { Leaf } from "./leaf.ts";
import type { Info } from "./payload.ts";

/**
 * Guard is what this device remembers of a room to judge who may be in its tree (chat.md,
 * "Who may be in the tree"). Plain JSON; immutable. That each leaf is certified, openCommit and join
 * have checked before; here it is decided whether its user is wanted.
 */
export interface Guard {
  /** Users the members want in the room. */
  readonly allowed: readonly string[];
  /** Allowed users without a leaf since a commit removed their last one. */
  readonly gone: readonly string[];
  readonly recorder: string | null;
  /** The newest info of a member, or the first of the recorder that added this device. */
  readonly info: KnownInfo | null;
  /** The recorder added this device, and no info was seen yet. */
  readonly newcomer: boolean;
  /**
   * The recorder leads the room: its infos count, and nobody else's. It says so in the first it sends to a device that it
   * added; `null` until then. A room that somebody began, or that a member added this device to, never becomes one.
   */
  readonly house?: boolean | null;
}

export interface KnownInfo {
  readonly title: string;
  readonly members: readonly string[];
  readonly by: string;
}

export type Verdict =
  | { readonly ok: true; readonly guard: Guard }
  /** The room stands still on this device; `user` is whom nobody wanted. */
  | { readonly ok: false; readonly reason: "uninvited"; readonly user: string };

/**
 * startGuard is called with the roster after joining (`by`: who added this device) or after creating a room
 * (the roster of the pending commit's facts, `by` oneself).
 */
export function startGuard(roster: readonly Leaf[], recorder: string | null, by: string): Guard {
  return { allowed: usersOf(roster), gone: [], recorder, info: null, newcomer: by === recorder, house: by === recorder ? null : false };
}

/** judge decides about a commit, one's own included. Keep the group only with the guard it returns. */
export function judge(guard: Guard, facts: CommitFacts): Verdict {
  const added = usersOf(facts.adds);
  const byMember = facts.committer.user !== guard.recorder;
  const uninvited = byMember ? undefined : added.find((user) => !guard.allowed.includes(user));
  if (uninvited !== undefined) return { ok: false, reason: "uninvited", user: uninvited };
  const here = new Set(usersOf(facts.after));
  const left = usersOf(facts.removes).filter((user) => !here.has(user));
  const gone = union(guard.gone, left).filter((user) => !here.has(user));
  const allowed = byMember ? union(guard.allowed, added) : guard.allowed;
  return { ok: true, guard: { ...guard, ...settle(allowed, gone, guard.info) } };
}

/**
 * noteInfo takes an info message in, one's own included, at its place in the room's order. The
 * recorder only repeats: its words count where this device knows nothing better, which is when the recorder
 * added it; it had to be trusted for the whole tree then. In a room of the house they are the only ones that count.
 */
export function noteInfo(guard: Guard, info: Info, sender: Leaf): { guard: Guard; changed: boolean } {
  const recorder = sender.user === guard.recorder;
  const { house: before = false } = guard;
  const house = recorder && before === null ? info.house === true : before;
  if (house ? !recorder : recorder && !guard.newcomer) return { guard: { ...guard, house }, changed: false };
  const known = { title: info.title, members: info.members, by: sender.user };
  const settled = settle(union(guard.allowed, info.members), guard.gone, known);
  const changed = guard.info?.title !== info.title;
  return { guard: { ...guard, ...settled, house, info: known, newcomer: false }, changed };
}

/**
 * Who was named stays wanted until both have happened, in any order: a commit took the last leaf, and the newest info
 * does not name them. Two members who name different people at once take nobody out.
 */
function settle(allowed: readonly string[], gone: readonly string[], info: KnownInfo | null): Pick<Guard, "allowed" | "gone"> {
  if (!info) return { allowed, gone };
  const out = new Set(gone.filter((user) => !info.members.includes(user)));
  return { allowed: allowed.filter((user) => !out.has(user)), gone: gone.filter((user) => !out.has(user)) };
}

function usersOf(leaves: readonly Leaf[]): string[] {
  return [...new Set(leaves.map(({ user }) => user))];
}

function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])];
}
