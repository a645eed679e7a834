import { describe, expect, it } from "vitest";
import type { Confirmed } from "../client/board.ts";
import type { Act, ActRecord } from "../store/schema.ts";
import type { Answered } from "./actSender.ts";
import { standingOf, statusOf } from "./cardView.ts";
import { cardOf, jan, kaethe } from "./testing.ts";

const pressed = (act: Act, stale = false): ActRecord => ({ alert: "a1", act, at: 0, stale });
const said = (act: Act, answered: Exclude<Answered, { kind: "later" }>): Confirmed => ({
  outcome: { alert: "a1", act, answered },
  version: 1,
});
const accepted = cardOf({ state: "accepted", accepted_by: [kaethe] });

describe("standingOf", () => {
  it("offers all three answers to whoever is asked, and none to others", () => {
    expect(standingOf(cardOf(), "k", undefined, undefined).buttons).toEqual(["accept", "reject", "busy"]);
    expect(standingOf(cardOf(), "x", undefined, undefined).buttons).toEqual([]);
  });

  it("never says accepted before the hub has: a press only waits", () => {
    const standing = standingOf(cardOf(), "k", pressed("accept"), undefined);
    expect(standing).toEqual({ buttons: [], waiting: "accept", stale: null, note: null });
    expect(statusOf(cardOf(), "k").key).toBe("notifying");
  });

  it("asks again when an answer could not be sent in time", () => {
    const standing = standingOf(cardOf(), "k", pressed("accept", true), undefined);
    expect(standing).toMatchObject({ stale: "accept", waiting: null });
    expect(standing.buttons).toContain("accept");
  });

  it("says by whom a call was taken and offers nothing more", () => {
    const standing = standingOf(cardOf(), "k", undefined, said("accept", { kind: "taken", by: ["Jan Weiß"] }));
    expect(standing.buttons).toEqual([]);
    expect(standing.note?.answered).toEqual({ kind: "taken", by: ["Jan Weiß"] });
  });

  it("bridges the moment between the hub's yes and the card", () => {
    const done = said("accept", { kind: "done", state: "accepted" });
    expect(standingOf(cardOf(), "k", undefined, done)).toMatchObject({ buttons: [], note: done.outcome });
    // The card was faster than the answer: nothing may be hidden by it.
    expect(standingOf(accepted, "k", undefined, done)).toMatchObject({ buttons: ["arrive", "hand_back"], note: null });
  });

  it("lets whoever said no change their mind", () => {
    const card = cardOf({ responses: [{ user_id: "k", name: "", state: "rejected" }] });
    expect(standingOf(card, "k", undefined, undefined).buttons).toEqual(["accept"]);
  });

  it("offers only handing back once arrived, and nothing when it is over", () => {
    const arrived = cardOf({ state: "arrived", accepted_by: [kaethe] });
    expect(standingOf(arrived, "k", undefined, undefined).buttons).toEqual(["hand_back"]);
    const over = cardOf({ state: "resolved", accepted_by: [kaethe] });
    expect(standingOf(over, "k", pressed("arrive"), undefined)).toMatchObject({ buttons: [], waiting: null });
  });
});

describe("statusOf", () => {
  it.each([
    ["Jan comes", cardOf({ state: "accepted", accepted_by: [jan] }), { key: "accepted", names: "Jan Weiß", count: 1 }],
    ["I come", accepted, { key: "acceptedMe" }],
    ["both come", cardOf({ state: "accepted", accepted_by: [kaethe, jan] }), { key: "acceptedWithMe", names: "Jan Weiß" }],
    ["one of two", cardOf({ need: 2, accepted_by: [jan] }), { key: "partly", count: 1, need: 2, names: "Jan Weiß" }],
    ["nobody", cardOf({ state: "exhausted" }), { key: "exhausted" }],
  ])("%s", (_name, card, status) => expect(statusOf(card, "k")).toEqual(status));
});
