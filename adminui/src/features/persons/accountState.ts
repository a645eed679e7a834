import type { Person, PersonAccount } from "../../api/directory.ts";
import type { Tone } from "../../components/Badges.tsx";

export interface AccountState {
  tone: Tone;
  /** In namespace "persons". */
  key: string;
}

/**
 * accountState tells apart who locked: a lock set here is lifted here, one that the
 * source set only there.
 */
export function accountState(account: PersonAccount | undefined): AccountState {
  if (!account) return { tone: "idle", key: "account.none" };
  if (account.locked_here && account.locked_there) return { tone: "bad", key: "account.lockedBoth" };
  if (account.locked_here) return { tone: "bad", key: "account.lockedHere" };
  if (account.locked_there) return { tone: "warn", key: "account.lockedThere" };
  return account.state === "invited"
    ? { tone: "info", key: "account.invited" }
    : { tone: "good", key: "account.active" };
}

/** fullName puts the title before the name. */
export function fullName({ title, name }: Pick<Person, "title" | "name">): string {
  return [title, name].filter(Boolean).join(" ");
}
