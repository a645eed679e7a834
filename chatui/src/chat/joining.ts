import { startCounts } from "../mls/counts.ts";
import { join } from "../mls/group.ts";
import { startGuard } from "../mls/guard.ts";
import { MlsError, type Cause } from "../mls/mlsError.ts";
import { newKeyPackages } from "../mls/packages.ts";
import { newRun } from "../mls/payload.ts";
import { backoff } from "../stream/backoff.ts";
import { quietly, type Desk } from "./desk.ts";
import { HubError } from "./hubCalls.ts";
import type { Kept } from "./records.ts";

export interface Joined {
  readonly kept: Kept;
  /** The package that was used up. */
  readonly used: string | null;
  readonly lastResort: boolean;
}

export type JoinResult = { readonly joined: Joined } | { readonly later: true } | { readonly lost: Cause } | { readonly refused: string };

const unbelieved = new Set(["uncertified", "other key", "foreign identity"]);

/** refusalOf tells a tree with somebody in it nobody vouches for from one that is merely broken. */
export function refusalOf(error: unknown): string | null {
  return error instanceof MlsError && unbelieved.has(error.detail) ? "uncertified" : null;
}

/** Joining brings this device into groups: by the Welcome, and by asking for a new one when the state is lost. */
export class Joining {
  #desk: Desk;
  #asking = new Map<string, { attempt: number; cancel: (() => void) | null }>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * take joins by the Welcome that belongs to the commit at `seq`. later: a newer one
   * exists, so its commit follows. What it throws is not the Welcome's fault.
   */
  async take(room: string, seq: number): Promise<JoinResult> {
    const { hub, me, book, logs, about } = this.#desk;
    const welcome = await hub.welcome(room);
    if (!welcome || welcome.seq < seq) return { lost: "state_lost" };
    if (welcome.seq > seq) return { later: true };
    try {
      const found = await join(me, room, welcome.body, (ref) => book.shelf.packageSecret(ref), (user, device) => logs.certified(user, device));
      const others = found.roster.map(({ device }) => device).filter((device) => device !== me.device);
      const guard = startGuard(found.roster, about.recorder, found.by.user);
      const kept = { group: found.group, guard, counts: startCounts(others, found.group.epoch), run: newRun(), n: 0 };
      return { joined: { kept, used: found.lastResort ? null : found.ref, lastResort: found.lastResort } };
    } catch (error) {
      const refused = refusalOf(error);
      if (refused) return { refused };
      if (error instanceof MlsError) return { lost: error.cause };
      throw error;
    }
  }

  /** joined ends the asking. */
  joined(room: string): void {
    this.#asking.get(room)?.cancel?.();
    this.#asking.delete(room);
  }

  /** rejoin asks to be added anew until that has happened; nobody has to do anything. */
  rejoin(room: string, cause: Cause): void {
    if (this.#asking.has(room)) return;
    this.#asking.set(room, { attempt: 0, cancel: null });
    quietly(this.#ask(room, cause));
  }

  stop(): void {
    for (const { cancel } of this.#asking.values()) cancel?.();
    this.#asking.clear();
  }

  async #ask(room: string, cause: Cause): Promise<void> {
    const { me, book, hub, clock, random } = this.#desk;
    const asking = this.#asking.get(room);
    if (!asking || book.get(room)?.state === "left") return this.joined(room);
    try {
      const [fresh] = await newKeyPackages(me, 1, false);
      if (!fresh) return;
      await book.save({ packages: [fresh] });
      await hub.rejoin(room, fresh.body, cause);
    } catch (error) {
      // Not a member any more: the list of rooms will say so.
      if (error instanceof HubError && error.status === 404) return this.joined(room);
    }
    // The Welcome comes within seconds; asked again in case the recorder was away.
    asking.cancel = clock.after(10_000 + 6 * backoff(asking.attempt++, random), () => quietly(this.#ask(room, cause)));
  }
}
