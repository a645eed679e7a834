import type { TFunction } from "i18next";
import type { Card } from "../../alerts/card.ts";
import { refusalsOf, statusOf, whereOf } from "../../alerts/cardView.ts";

type Words = TFunction<"alarms">;

/** placeText: "Zimmer 12 · Bett 2". Sources write "12" or "Zi 12"; only bare numbers get the word. */
export function placeText(card: Card, say: Words): string {
  const { ward, room, bed } = whereOf(card);
  const named = (value: string, key: string): string => (/^[\d/.-]+[a-z]?$/i.test(value) ? say(key, { value }) : value);
  const parts = [room && named(room, "room"), bed && named(bed, "bed")].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : card.caller || ward || say("placeUnknown");
}

/** kindText: known kinds are translated, others shown as the source words them. */
export function kindText(card: Card, say: Words): string {
  if (card.kind === "") return say("kind.other");
  return say(`kind.${card.kind}`, { defaultValue: card.kind });
}

export function statusText(card: Card, user: string, say: Words): string {
  const { key, ...values } = statusOf(card, user);
  return say(`state.${key}`, values);
}

/** refusalText: "Sie haben abgelehnt · Beschäftigt: Jan Weiß"; empty when nobody has said no. */
export function refusalText(card: Card, user: string, say: Words): string {
  const { mine, rejected, busy } = refusalsOf(card, user);
  return [
    mine === "rejected" || mine === "busy" ? say(`refusal.me.${mine}`) : "",
    rejected && say("refusal.rejected", { names: rejected }),
    busy && say("refusal.busy", { names: busy }),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** spokenText is one sentence for a screen reader. */
export function spokenText(card: Card, say: Words): string {
  const { ward } = whereOf(card);
  return [say(`priority.${card.priority}`), kindText(card, say), ward, placeText(card, say), card.text]
    .filter(Boolean)
    .join(", ");
}
