import { describe, expect, it } from "vitest";
import type { TodoKind } from "../../api/alerting.ts";
import { duration, todoLink } from "./todoLink.ts";

describe("todoLink", () => {
  it("leads to the very plan", () => {
    expect(todoLink("plan_held", "p1")).toEqual({ to: "/plans/$id", params: { id: "p1" }, search: {} });
  });

  it("leads to what staff needs a judgement for", () => {
    expect(todoLink("conflict_open").to).toBe("/conflicts");
    const runs = { to: "/connectors/$id", params: { id: "c1" }, search: { tab: "runs" } };
    expect(todoLink("source_failing", "c1")).toEqual(runs);
    expect(todoLink("source_stale", "c1")).toEqual(runs);
    expect(todoLink("source_failing").to).toBe("/runs");
  });

  it("survives a word of a newer hub", () => {
    expect(todoLink("moon" as TodoKind).to).toBe("/");
  });

  it("leads to the list without a reference", () => {
    expect(todoLink("plan_held").to).toBe("/plans");
    expect(todoLink("activation_open").search).toEqual({ state: "invited" });
    expect(todoLink("recorder_away").to).toBe("/chat");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [420.4, "420 ms"],
    [3_400, "3,4 s"],
    [120_000, "2 min"],
  ])("%d", (ms, text) => expect(duration(ms, "de")).toBe(text));
});
