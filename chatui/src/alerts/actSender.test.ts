import { beforeEach, describe, expect, it } from "vitest";
import type { Act, ActRecord } from "../store/schema.ts";
import { FakeClock, settle } from "../stream/testing.ts";
import { ActSender, staleAfter, type Answered, type Outcome } from "./actSender.ts";

let clock: FakeClock;
let queue: Map<string, ActRecord>;
let posted: string[];
let outcomes: Outcome[];
let answer: (alert: string, act: Act) => Promise<Answered>;
let sender: ActSender;

beforeEach(() => {
  clock = new FakeClock();
  queue = new Map();
  [posted, outcomes] = [[], []];
  answer = async () => ({ kind: "done", state: "accepted" });
  sender = new ActSender({
    clock,
    random: () => 0.5,
    shelf: {
      acts: async () => [...queue.values()],
      putAct: async (act) => void queue.set(act.alert, act),
      dropAct: async (act) => {
        if (queue.get(act.alert)?.act === act.act) queue.delete(act.alert);
      },
    },
    post: (alert, act) => {
      posted.push(`${act} ${alert}`);
      return answer(alert, act);
    },
    changed: () => undefined,
    outcome: (outcome) => outcomes.push(outcome),
  });
});

async function press(act: Act, alert = "a"): Promise<void> {
  queue.set(alert, { alert, act, at: clock.now(), stale: false });
  sender.wake();
  await settle();
}

describe("ActSender", () => {
  it("forgets an answer only when the hub has spoken", async () => {
    answer = async () => ({ kind: "later" });
    await press("accept");
    expect(queue.size).toBe(1);
    expect(outcomes).toEqual([]);
    answer = async () => ({ kind: "done", state: "accepted" });
    await clock.pass(2_000);
    expect(queue.size).toBe(0);
    expect(outcomes.map(({ answered }) => answered.kind)).toEqual(["done"]);
  });

  it("sends what was pressed before the page was closed", async () => {
    queue.set("a", { alert: "a", act: "accept", at: clock.now() - 1_000, stale: false });
    sender.wake();
    await settle();
    expect(posted).toEqual(["accept a"]);
  });

  it("sends no answer that is older than two minutes, but keeps it for the question", async () => {
    answer = async () => ({ kind: "later" });
    await press("accept");
    await clock.pass(staleAfter + 20_000);
    const before = posted.length;
    expect(queue.get("a")?.stale).toBe(true);
    await clock.pass(60_000);
    sender.wake();
    await settle();
    expect(posted.length).toBe(before);
  });

  it("passes on who was faster", async () => {
    answer = async () => ({ kind: "taken", by: ["Jan Weiß"] });
    await press("accept");
    expect(outcomes[0]?.answered).toEqual({ kind: "taken", by: ["Jan Weiß"] });
    expect(queue.size).toBe(0);
  });

  it("sends the later answer when a person presses again meanwhile, once each and in order", async () => {
    let release = (_: Answered): void => undefined;
    answer = () => new Promise((resolve) => (release = resolve));
    await press("accept");
    await press("hand_back");
    expect(posted).toEqual(["accept a"]);
    answer = async () => ({ kind: "done", state: "notifying" });
    release({ kind: "done", state: "accepted" });
    await settle();
    expect(posted).toEqual(["accept a", "hand_back a"]);
    expect(queue.size).toBe(0);
  });

  it("does not let one stuck answer hold up another", async () => {
    answer = async (alert) => (alert === "a" ? { kind: "later" } : { kind: "done", state: "accepted" });
    await press("accept", "a");
    await press("busy", "b");
    expect([...queue.keys()]).toEqual(["a"]);
  });
});
