// @vitest-environment node
import { describe, expect, it } from "vitest";
import { cardOf } from "../alerts/testing.ts";
import { utf8 } from "../seal/bytes.ts";
import type { Opened } from "../seal/protocol.ts";
import { decodeItem } from "../stream/item.ts";
import { frameOf } from "../stream/testing.ts";
import { openItems } from "./opener.ts";

const item = { ...decodeItem(frameOf("r1", 7)), ref: "a1" };
const good: Opened = { ok: true, plain: utf8(JSON.stringify(cardOf())), kind: 1, context: "a1", expires: 2_000 };

async function result(opened: Opened, more: Partial<typeof item> = {}, now = 1_000) {
  const sealer = { open: async () => [opened], generate: () => Promise.reject(), load: async () => true };
  return (await openItems(sealer, [{ ...item, ...more }], now))[0];
}

describe("openItems", () => {
  it("makes a card of a good item", async () => {
    expect(await result(good)).toEqual({ room: "r1", seq: 7, card: cardOf(), late: false });
  });

  it("marks what came after its end", async () => {
    expect(await result(good, {}, 2_001)).toMatchObject({ late: true });
  });

  it.each<[string, Opened]>([
    ["sealed", { ok: false, reason: "sealed" }],
    ["binding", { ...good, context: "another alert" }],
    ["binding", { ...good, kind: 2 }],
    ["binding", { ...good, plain: utf8(JSON.stringify(cardOf({ alert_id: "a2" }))) }],
    ["content", { ...good, plain: utf8("no JSON") }],
    ["content", { ...good, plain: utf8("{}") }],
  ])("never drops an item: %s becomes a broken record (%#)", async (reason, opened) => {
    expect(await result(opened)).toEqual({
      room: "r1",
      seq: 7,
      broken: { room: "r1", seq: 7, alert: "a1", at: item.at, reason, quiet: false },
    });
  });

  it("keeps the place of a kind this build does not know", async () => {
    expect(await result(good, { kind: "text" })).toEqual({ room: "r1", seq: 7 });
  });
});
