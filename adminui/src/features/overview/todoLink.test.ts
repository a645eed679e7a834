import { describe, expect, it } from "vitest";
import { duration, todoLink } from "./todoLink.ts";

describe("todoLink", () => {
  it("leads to the very plan", () => {
    expect(todoLink("plan_held", "p1")).toEqual({ to: "/plans/$id", params: { id: "p1" }, search: {} });
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
