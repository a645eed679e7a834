import type { KeptCard } from "../store/shelf.ts";
import type { Card } from "./card.ts";

/** cardOf is a running call to Käthe (k) and Jan (j), for tests. */
export function cardOf(more: Partial<Card> = {}): Card {
  return {
    v: 1,
    alert_id: "a1",
    version: 1,
    state: "notifying",
    kind: "nurse-call",
    priority: 2,
    ward: "4B",
    ward_name: "Station 4B",
    room: "12",
    bed: "2",
    text: "",
    caller: "",
    raised_at: "2026-03-02T12:00:00Z",
    updated_at: "2026-03-02T12:00:00Z",
    step: 1,
    steps: 3,
    need: 1,
    accepted_by: [],
    responses: [],
    recipients: ["k", "j"],
    technical: false,
    drill: false,
    ...more,
  };
}

export function keptOf(more: Partial<Card> = {}, place: Partial<KeptCard> = {}): KeptCard {
  return { card: cardOf(more), room: "r1", seq: 1, late: false, ...place };
}

export const jan = { user_id: "j", name: "Jan Weiß", at: "2026-03-02T12:00:10Z" };
export const kaethe = { user_id: "k", name: "Käthe Müller", at: "2026-03-02T12:00:10Z" };
