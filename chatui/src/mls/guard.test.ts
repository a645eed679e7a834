// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { CommitFacts } from "./commits.ts";
import { judge, noteInfo, startGuard, type Guard } from "./guard.ts";
import type { Leaf } from "./leaf.ts";
import type { Info } from "./payload.ts";

const recorder = "rec";

function leaf(user: string, index: number, device = `${user}-1`): Leaf {
  return { clinic: "c", user, device, index, sign: new Uint8Array(32) };
}

const people = (...users: string[]): Leaf[] => users.map((user, index) => leaf(user, index));
const info = (...members: string[]): Info => ({ kind: "info", run: "00000000", n: 1, title: "ward", members });
const led = (...members: string[]): Info => ({ ...info(...members), house: true });

/** What a commit by `by` does to who is in the tree. */
function facts(by: string, before: readonly Leaf[], change: { adds?: Leaf[]; removes?: Leaf[] }): CommitFacts {
  const { adds = [], removes = [] } = change;
  const after = [...before.filter((one) => !removes.includes(one)), ...adds];
  return { epoch: 2, committer: leaf(by, 0), adds, removes, before, after, selfRemoved: false };
}

/** run plays steps on a guard and gives "ok" or who was not invited. */
type Step =
  | { add: string; by: string }
  | { remove: string }
  | { swap: string }
  | { info: string[]; by: string }
  | { led: string[]; by: string };

function play(start: Guard, roster: Leaf[], steps: readonly Step[]): string {
  let [guard, leaves, index] = [start, roster, roster.length];
  for (const step of steps) {
    if ("info" in step) {
      guard = noteInfo(guard, info(...step.info), leaf(step.by, 0)).guard;
      continue;
    }
    if ("led" in step) {
      guard = noteInfo(guard, led(...step.led), leaf(step.by, 0)).guard;
      continue;
    }
    const who = "add" in step ? step.add : "remove" in step ? step.remove : step.swap;
    const made = facts("by" in step ? step.by : recorder, leaves, {
      adds: "remove" in step ? [] : [leaf(who, ++index, `${who}-${index}`)],
      removes: "add" in step ? [] : leaves.filter(({ user }) => user === who),
    });
    const verdict = judge(guard, made);
    if (!verdict.ok) return verdict.user;
    [guard, leaves] = [verdict.guard, [...made.after]];
  }
  return "ok";
}

describe("who may be in the tree", () => {
  it.each<[string, Step[], string]>([
    ["the recorder adds a second device of somebody who is there", [{ add: "ben", by: recorder }], "ok"],
    ["the recorder adds somebody nobody named", [{ add: "dora", by: recorder }], "dora"],
    ["a member adds somebody", [{ add: "dora", by: "ann" }], "ok"],
    ["the recorder adds a device of whom a member added", [{ add: "dora", by: "ann" }, { add: "dora", by: recorder }], "ok"],
    ["the recorder adds whom a member named", [{ info: ["ann", "ben", "dora"], by: "ann" }, { add: "dora", by: recorder }], "ok"],
    ["the recorder adds whom it named itself", [{ info: ["ann", "ben", "dora"], by: recorder }, { add: "dora", by: recorder }], "dora"],
    ["two members named different people at once", [{ info: ["ann", "ben", "dora"], by: "ann" }, { info: ["ann", "ben", "emil"], by: "ben" }, { add: "dora", by: recorder }, { add: "emil", by: recorder }], "ok"],
    ["somebody taken out and named no more comes back", [{ remove: "ben" }, { info: ["ann"], by: "ann" }, { add: "ben", by: recorder }], "ben"],
    ["somebody named no more and taken out comes back", [{ info: ["ann"], by: "ann" }, { remove: "ben" }, { add: "ben", by: recorder }], "ben"],
    ["somebody taken out, and named again, comes back", [{ info: ["ann"], by: "ann" }, { remove: "ben" }, { info: ["ann", "ben"], by: "ann" }, { add: "ben", by: recorder }], "ok"],
    ["somebody whose only device was locked gets another", [{ info: ["ann", "ben"], by: "ann" }, { remove: "ben" }, { add: "ben", by: recorder }], "ok"],
    ["the same in a direct room, where nobody is named", [{ remove: "ben" }, { add: "ben", by: recorder }], "ok"],
    ["a device is replaced in one commit", [{ info: ["ann"], by: "ann" }, { swap: "ben" }], "ok"],
    ["a member brings back who was taken out", [{ remove: "ben" }, { info: ["ann"], by: "ann" }, { add: "ben", by: "ann" }], "ok"],
  ])("%s", (_, steps, want) => {
    const roster = people("ann", "ben", recorder);
    expect(play(startGuard(roster, recorder, "ann"), roster, steps)).toBe(want);
  });

  it("a newcomer the recorder added believes its first info, and no second", () => {
    const roster = people("ann", "ben", recorder);
    const start = startGuard(roster, recorder, recorder);
    const first: Step = { info: ["ann", "ben", "dora"], by: recorder };
    expect(play(start, roster, [first, { add: "dora", by: recorder }])).toBe("ok");
    expect(play(start, roster, [first, { info: ["ann", "ben", "emil"], by: recorder }, { add: "emil", by: recorder }])).toBe("emil");
    expect(play(start, roster, [{ info: ["ann", "ben"], by: "ann" }, first, { add: "dora", by: recorder }])).toBe("dora");
  });

  it("without a recorder members add, and nobody else commits", () => {
    const roster = people("ann", "ben");
    expect(play(startGuard(roster, null, "ann"), roster, [{ add: "dora", by: "ben" }])).toBe("ok");
  });

  it("is plain JSON", () => {
    const roster = people("ann", "ben", recorder);
    const { guard } = noteInfo(startGuard(roster, recorder, "ann"), info("ann"), leaf("ann", 0));
    expect(JSON.parse(JSON.stringify(guard))).toEqual(guard);
  });
});

describe("the title", () => {
  it("is a member's newest, not the recorder's", () => {
    const roster = people("ann", recorder);
    const first = noteInfo(startGuard(roster, recorder, "ann"), info("ann"), leaf("ann", 0));
    expect(first).toMatchObject({ changed: true, guard: { info: { title: "ward", by: "ann" } } });
    expect(noteInfo(first.guard, info("ann"), leaf("ann", 0)).changed).toBe(false);
    const lie = noteInfo(first.guard, { ...info("ann"), title: "lie" }, leaf(recorder, 1));
    expect(lie).toMatchObject({ changed: false, guard: { info: { title: "ward" } } });
  });
});

describe("a room of the house", () => {
  const joined = people(recorder, "ann", "ben");
  const added = startGuard(joined, recorder, recorder);
  const first: Step = { led: ["ann", "ben"], by: recorder };

  it.each<[string, Guard, Step[], string]>([
    ["the recorder adds whom it named", added, [first, { led: ["ann", "ben", "dora"], by: recorder }, { add: "dora", by: recorder }], "ok"],
    ["the recorder adds whom it did not name", added, [first, { add: "dora", by: recorder }], "dora"],
    ["a member's word counts for nothing", added, [first, { info: ["ann", "ben", "dora"], by: "ann" }, { add: "dora", by: recorder }], "dora"],
    ["a member speaks first", added, [{ info: ["ann", "ben"], by: "ann" }, first, { led: ["ann", "dora"], by: recorder }, { add: "dora", by: recorder }], "ok"],
    ["a member cannot make it one", added, [{ led: ["ann"], by: "ann" }, { info: ["ann"], by: recorder }, { led: ["ann", "dora"], by: recorder }, { add: "dora", by: recorder }], "dora"],
    ["an ordinary room does not become one later", added, [{ info: ["ann", "ben"], by: recorder }, { led: ["ann", "dora"], by: recorder }, { add: "dora", by: recorder }], "dora"],
    ["a room that I began does not become one", startGuard(joined, recorder, "ann"), [{ led: ["ann", "dora"], by: recorder }, { add: "dora", by: recorder }], "dora"],
    ["a room I know from before this rule does not become one", { allowed: ["ann"], gone: [], recorder, info: null, newcomer: false }, [{ led: ["dora"], by: recorder }, { add: "dora", by: recorder }], "dora"],
    ["who left and is named no more does not come back", added, [first, { led: ["ann"], by: recorder }, { remove: "ben" }, { add: "ben", by: recorder }], "ben"],
  ])("%s", (_, guard, steps, want) => {
    expect(play(guard, joined, steps)).toBe(want);
  });

  it("takes the new title of the recorder", () => {
    const { guard } = noteInfo(added, led("ann"), leaf(recorder, 0));
    expect(noteInfo(guard, { ...led("ann"), title: "ward 4B" }, leaf(recorder, 0)).changed).toBe(true);
  });
});
