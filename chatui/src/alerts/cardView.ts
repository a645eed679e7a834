import type { Confirmed } from "../client/board.ts";
import type { Act, ActRecord } from "../store/schema.ts";
import { isOpen, type Card } from "./card.ts";
import { isMine, mayAccept, partOf } from "./ringing.ts";

/** Status is the line of a card that says how things stand; a key in namespace "alarms". */
export interface Status {
  readonly key: string;
  readonly names?: string;
  readonly count?: number;
  readonly step?: number;
  readonly steps?: number;
  readonly need?: number;
}

/** namesOf lists who comes: "Käthe Müller, Jan Weiß". */
export function namesOf(people: readonly { name: string }[]): string {
  return people.map(({ name }) => name).join(", ");
}

export function statusOf(card: Card, user: string): Status {
  const count = card.accepted_by.length;
  const names = namesOf(card.accepted_by.filter(({ user_id }) => user_id !== user));
  switch (card.state) {
    case "notifying":
      if (count > 0) return { key: "partly", count, need: card.need, names: namesOf(card.accepted_by) };
      return { key: "notifying", step: card.step, steps: card.steps };
    case "accepted":
    case "arrived":
      if (count === 0) return { key: `${card.state}Nobody` };
      if (names === "") return { key: `${card.state}Me` };
      return partOf(card, user) === "accepted"
        ? { key: `${card.state}WithMe`, names }
        : { key: card.state, names, count };
    default:
      return { key: card.state };
  }
}

/** refusalsOf: who has said no, by how; the own answer first. */
export function refusalsOf(card: Card, user: string): { mine: string | null; rejected: string; busy: string } {
  const said = (state: string): string =>
    namesOf(card.responses.filter((one) => one.state === state && one.user_id !== user));
  const mine = card.responses.find(({ user_id }) => user_id === user)?.state ?? null;
  return { mine, rejected: said("rejected"), busy: said("busy") };
}

/** whereOf: "Zimmer 12 · Bett 2" in parts, so that each language words it. */
export function whereOf(card: Card): { ward: string; room: string; bed: string } {
  return { ward: card.ward_name || card.ward, room: card.room, bed: card.bed };
}

/** Standing is what this person can do about a card, and what became of what they did. */
export interface Standing {
  readonly buttons: readonly Act[];
  /** Pressed, and the hub has not confirmed it. */
  readonly waiting: Act | null;
  /** Pressed too long ago to be sent any more. */
  readonly stale: Act | null;
  readonly note: Confirmed["outcome"] | null;
}

const nothing: readonly Act[] = [];

function buttonsFor(card: Card, user: string): readonly Act[] {
  // Whoever has said no may still change their mind.
  if (mayAccept(card, user)) return partOf(card, user) === "answered" ? ["accept"] : ["accept", "reject", "busy"];
  if (!isMine(card, user)) return nothing;
  return card.state === "arrived" ? ["hand_back"] : ["arrive", "hand_back"];
}

// The card may have come before the answer to the press, or after it.
function reflects(card: Card, user: string, act: Act): boolean {
  const part = partOf(card, user);
  switch (act) {
    case "accept":
      return part === "accepted";
    case "reject":
    case "busy":
      return part === "answered";
    case "arrive":
      return card.state === "arrived";
    case "hand_back":
      return part !== "accepted";
  }
}

/**
 * standingOf never says more than the hub has said: a press is "waiting" until
 * its answer is there, and "accepted" comes from the card or that answer alone.
 */
export function standingOf(
  card: Card,
  user: string,
  act: ActRecord | undefined,
  confirmed: Confirmed | undefined,
): Standing {
  const outcome = confirmed?.outcome ?? null;
  const old = outcome?.answered.kind === "done" && reflects(card, user, outcome.act);
  const note = old ? null : outcome;
  if (act && !act.stale && isOpen(card)) return { buttons: nothing, waiting: act.act, stale: null, note: null };
  const settled = note !== null && note.answered.kind !== "refused";
  return {
    buttons: settled ? nothing : buttonsFor(card, user),
    waiting: null,
    stale: act?.stale && isOpen(card) ? act.act : null,
    note,
  };
}
