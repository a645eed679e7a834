// @vitest-environment node
import { describe, expect, it } from "vitest";
import { count, countBroken, startCounts, type Counts } from "./counts.ts";

type Step = [run: string, n: number] | "broken";

function play(start: Counts, steps: readonly Step[]): string[] {
  let counts = start;
  return steps.flatMap((step) => {
    if (step === "broken") {
      counts = countBroken(counts, "d");
      return [];
    }
    const { counts: next, warning } = count(counts, "d", ...step);
    counts = next;
    return [warning ? [warning.kind, ...(warning.kind === "missing" ? [warning.count] : [])].join(" ") : "ok"];
  });
}

describe("numbers of a device", () => {
  it.each<[string, Step[], string[]]>([
    ["in order", [["a", 1], ["a", 2], ["a", 3]], ["ok", "ok", "ok"]],
    ["one missing, told once", [["a", 1], ["a", 3], ["a", 4]], ["ok", "missing 1", "ok"]],
    ["the first missing", [["a", 3]], ["missing 2"]],
    ["twice", [["a", 1], ["a", 1]], ["ok", "double"]],
    ["backwards", [["a", 1], ["a", 2], ["a", 1]], ["ok", "ok", "backwards"]],
    ["a new run after its state was lost", [["a", 1], ["b", 1], ["b", 2]], ["ok", "ok", "ok"]],
    ["a new run whose first is missing", [["a", 1], ["b", 2]], ["ok", "missing 1"]],
    ["an earlier run again", [["a", 1], ["b", 1], ["a", 2]], ["ok", "ok", "backwards"]],
    ["one that could not be opened", [["a", 1], "broken", ["a", 3], ["a", 5]], ["ok", "ok", "missing 1"]],
    ["more missing than could not be opened", [["a", 1], "broken", ["a", 4]], ["ok", "missing 1"]],
  ])("%s", (_, steps, want) => {
    expect(play(startCounts([]), steps)).toEqual(want);
  });

  it("start anywhere for who was there before, and at 1 for who came with us", () => {
    expect(play(startCounts(["d"], 5), [["a", 40], ["a", 41], ["a", 43]])).toEqual(["ok", "ok", "missing 1"]);
    expect(play(startCounts(["d"], 1), [["a", 40]])).toEqual(["missing 39"]);
  });

  it("are kept for each device, whatever its name", () => {
    const { counts } = count(startCounts([]), "__proto__", "a", 1);
    expect(count(counts, "d", "a", 1).warning).toBeNull();
    expect(count(startCounts([]), "constructor", "a", 1).warning).toBeNull();
  });

  it("remember a bounded number of runs", () => {
    let counts = startCounts([]);
    for (let i = 0; i < 50; i++) counts = count(counts, "d", `run${i}`, 1).counts;
    expect(JSON.stringify(counts).length).toBeLessThan(300);
  });
});
