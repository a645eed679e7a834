import { parseCard } from "../alerts/card.ts";
import type { Sealer } from "../seal/client.ts";
import type { Opened } from "../seal/protocol.ts";
import type { OpenedItem } from "../store/shelf.ts";
import type { Item } from "../stream/item.ts";

/** The envelope's kind byte of an alert card. */
const alertEnvelope = 1;

/**
 * openItems makes cards of items. Every item gives a result: one that does not
 * open becomes a broken record, never nothing. hubNow is the hub's time in ms.
 */
export async function openItems(sealer: Sealer, items: readonly Item[], hubNow: number): Promise<OpenedItem[]> {
  const opened = await sealer.open(
    items.map(({ kek, enc, row, body, at }) => ({ kek, enc, row, body, received: Date.parse(at) || hubNow })),
  );
  return items.map((item, i) => resultOf(item, opened[i], hubNow));
}

function resultOf(item: Item, opened: Opened | undefined, hubNow: number): OpenedItem {
  const { room, seq, kind } = item;
  if (kind !== "alert") return { room, seq };
  if (!opened?.ok) return brokenOf(item, opened ? opened.reason : "failed");
  try {
    const card = parseCard(JSON.parse(new TextDecoder().decode(opened.plain)));
    // What is signed has the last word on whose card it is.
    const bound = opened.kind === alertEnvelope && opened.context === item.ref && card.alert_id === item.ref;
    if (!bound) return brokenOf(item, "binding");
    return { room, seq, card, late: hubNow > opened.expires };
  } catch {
    return brokenOf(item, "content");
  }
}

function brokenOf({ room, seq, ref, at }: Item, reason: string): OpenedItem {
  return { room, seq, broken: { room, seq, alert: ref, at, reason, quiet: false } };
}
