import { describe, expect, it } from "vitest";
import type { ActRecord } from "../store/schema.ts";
import { parseCard, type Card } from "./card.ts";
import { brokenRingsNow, byUrgency, rings } from "./ringing.ts";
import { cardOf, jan, kaethe, keptOf } from "./testing.ts";

const act: ActRecord = { alert: "a1", act: "accept", at: 0, stale: false };
const no = (user_id: string, state: string): Card["responses"][number] => ({ user_id, name: "", state });

describe("rings for Käthe", () => {
  it.each<[string, Partial<Card>, boolean]>([
    ["a call to her", {}, true],
    ["a call nobody took", { state: "exhausted" }, true],
    ["a call to everybody", { recipients: ["*"] }, true],
    ["a call to others", { recipients: ["j"] }, false],
    ["one she has rejected", { responses: [no("k", "rejected")] }, false],
    ["one she was busy for", { responses: [no("k", "busy")] }, false],
    ["one Jan has rejected", { responses: [no("j", "rejected")] }, true],
    ["one her phone has only shown", { responses: [no("k", "seen")] }, true],
    ["one Jan has accepted", { state: "accepted", accepted_by: [jan] }, false],
    ["one that needs two and has Jan", { accepted_by: [jan], need: 2 }, true],
    ["one that needs two and has her", { accepted_by: [kaethe], need: 2 }, false],
    ["one that is over", { state: "resolved" }, false],
  ])("%s: %#", (_name, card, wanted) => {
    expect(rings(keptOf(card), "k", undefined, false)).toBe(wanted);
  });

  it("not while her answer waits to be sent, but again once that is stale", () => {
    expect(rings(keptOf(), "k", act, false)).toBe(false);
    expect(rings(keptOf(), "k", { ...act, stale: true }, false)).toBe(true);
  });

  it("not between the hub's answer and the next card", () => {
    expect(rings(keptOf(), "k", undefined, true)).toBe(false);
  });

  it("not for an envelope that came after its end", () => {
    expect(rings(keptOf({}, { late: true }), "k", undefined, false)).toBe(false);
  });
});

describe("an item that does not open", () => {
  const record = { room: "r", seq: 1, alert: "a", at: "2026-03-02T12:00:00Z", reason: "sealed", quiet: false };
  const at = Date.parse(record.at);

  it("rings until somebody has noticed it, for an hour, and without a date for ever", () => {
    expect(brokenRingsNow(record, at + 1_000)).toBe(true);
    expect(brokenRingsNow({ ...record, quiet: true }, at + 1_000)).toBe(false);
    expect(brokenRingsNow(record, at + 3_700_000)).toBe(false);
    expect(brokenRingsNow({ ...record, at: "" }, at)).toBe(true);
  });
});

it("puts emergencies first and then whoever waits longest", () => {
  const one = cardOf({ alert_id: "early", raised_at: "2026-03-02T11:00:00Z" });
  const two = cardOf({ alert_id: "emergency", priority: 4 });
  const three = cardOf({ alert_id: "late" });
  expect([three, two, one].sort(byUrgency).map(({ alert_id }) => alert_id)).toEqual(["emergency", "early", "late"]);
});

describe("parseCard", () => {
  it("takes a card without its less important parts", () => {
    const card = parseCard({ alert_id: "a", version: 3, state: "notifying" });
    expect(card).toMatchObject({ room: "", recipients: [], accepted_by: [] });
  });

  it("takes an unknown priority for the highest", () => {
    expect(parseCard({ alert_id: "a", version: 1, state: "notifying" }).priority).toBe(4);
  });

  it.each([null, {}, { alert_id: "a" }, { alert_id: "a", version: 1, state: "dancing" }, [], "text"])(
    "refuses %j, so that it is shown as broken",
    (value) => expect(() => parseCard(value)).toThrow(),
  );
});
