import type { ActRecord, BrokenRecord } from "../store/schema.ts";
import type { KeptCard } from "../store/shelf.ts";
import { isOpen, type Card } from "./card.ts";

export const urgent = 3;
export const emergency = 4;

/** A broken item older than this is history, not a call. */
export const brokenRings = 60 * 60_000;

/** Where a person stands to an alert. */
export type Part = "asked" | "accepted" | "answered" | "bystander";

// Other states (delivered, seen, timed out) say what the device did, not the person.
const refusals = new Set(["rejected", "busy"]);

/** isFor: very large audiences are not listed; who can read such a card is one of them. */
export function isFor({ recipients }: Card, user: string): boolean {
  return recipients.includes(user) || recipients.includes("*");
}

export function partOf(card: Card, user: string): Part {
  if (card.accepted_by.some((one) => one.user_id === user)) return "accepted";
  if (!isFor(card, user)) return "bystander";
  const said = card.responses.some((one) => one.user_id === user && refusals.has(one.state));
  return said ? "answered" : "asked";
}

/** awaits tells whether the alert waits for this person's answer. */
export function awaits(card: Card, user: string): boolean {
  const asking = card.state === "notifying" || card.state === "exhausted";
  return asking && partOf(card, user) === "asked";
}

/** mayAccept: a person who said no may still change their mind while the alert is open. */
export function mayAccept(card: Card, user: string): boolean {
  const asking = card.state === "notifying" || card.state === "exhausted";
  const part = partOf(card, user);
  return asking && (part === "asked" || part === "answered");
}

export function isMine(card: Card, user: string): boolean {
  return isOpen(card) && partOf(card, user) === "accepted";
}

/**
 * rings decides about sound. An answer that waits to be sent quietens this
 * device, since its owner has heard the call; a stale one does not any more.
 * `answered`: the hub has replied to this person about this version of the card.
 */
export function rings({ card, late }: KeptCard, user: string, act: ActRecord | undefined, answered: boolean): boolean {
  if (late || answered || !awaits(card, user)) return false;
  return !act || act.stale;
}

export function brokenRingsNow(record: BrokenRecord, now: number): boolean {
  const at = Date.parse(record.at);
  return !record.quiet && (Number.isNaN(at) || now - at < brokenRings);
}

/** Emergency first, then by priority, then whoever waits longest. */
export function byUrgency(a: Card, b: Card): number {
  return b.priority - a.priority || Date.parse(a.raised_at) - Date.parse(b.raised_at);
}

/** Newest call on top. */
export function byNewest(a: Card, b: Card): number {
  return Date.parse(b.raised_at) - Date.parse(a.raised_at);
}
