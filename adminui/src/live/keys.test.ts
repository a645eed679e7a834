import { describe, expect, it } from "vitest";
import { changesIn, staleKeys } from "./keys.ts";

describe("changesIn", () => {
  it.each([
    ['{"t":"changed","what":["alerts","duty"]}', ["alerts", "duty"]],
    ['{"t":"changed","what":["alerts",7]}', ["alerts"]],
    ['{"t":"changed"}', []],
    ['{"t":"bye","what":["alerts"]}', []],
    ["null", []],
    ["no json", []],
  ])("%s", (frame, changes) => expect(changesIn(frame)).toEqual(changes));

  it("ignores binary frames", () => expect(changesIn(new ArrayBuffer(2))).toEqual([]));
});

describe("staleKeys", () => {
  it("names each query once", () => {
    expect(staleKeys(["alerts", "persons"])).toEqual(["alerts", "overview", "persons", "units", "groups"]);
  });

  it("shows contacts that somebody else has changed", () => expect(staleKeys(["setup"])).toEqual(["contacts"]));

  it("knows no other words", () => expect(staleKeys(["weather"])).toEqual([]));
});
