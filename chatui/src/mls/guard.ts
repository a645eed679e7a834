import type { CommitFacts, Group } from "./group.ts";
import type { Leaf } from "./leaf.ts";
import type { Payload } from "./payload.ts";

/**
 * Guard is what this device remembers of a room to judge who may be in its tree (chat.md,
 * "Who may be in the tree"), and what it was told by `info`. Plain JSON; immutable.
 */
export interface Guard {
  /** Users the members want in the room. */
  readonly allowed: readonly string[];
  /** Allowed users whose last leaf was removed, and whom no later info named. */
  readonly gone: readonly string[];
  readonly recorder: string | null;
  /** The newest info of a member; of the recorder only while no member's is known. */
  readonly info: { readonly title: string; readonly members: readonly string[]; readonly by: string } | null;
}

export type Refusal = "uninvited" | "double" | "full" | "foreign";

export type Verdict = { readonly ok: true; readonly guard: Guard } | { readonly ok: false; readonly reason: Refusal; readonly user: string };

/** startGuard is called with the roster after joining or creating. */
export declare function startGuard(roster: readonly Leaf[], recorder: string | null): Guard;

/** judge decides about a commit, one's own included. Keep the group only with the guard it returns. */
export declare function judge(guard: Guard, facts: CommitFacts): Verdict;

/** noteInfo takes an info message in; the recorder's adds nobody. `changed` when the title is another now. */
export declare function noteInfo(
  guard: Guard,
  info: Extract<Payload, { kind: "info" }>,
  sender: Leaf,
  group: Group,
): { guard: Guard; changed: boolean };
