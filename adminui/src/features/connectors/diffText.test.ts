import { describe, expect, it } from "vitest";
import { differences, fieldPath, valueText } from "./diffText.ts";

const words = { none: "leer", yes: "ja", no: "nein" };

describe("valueText", () => {
  it.each([
    [null, "leer"],
    ["", "leer"],
    [true, "ja"],
    [false, "nein"],
    [0, "0"],
    ["0.0.0.0:2575", "0.0.0.0:2575"],
    [["a", "b"], '["a","b"]'],
  ])("%j", (value, text) => expect(valueText(value, words)).toBe(text));
});

it("fieldPath counts from 1 and keeps the label's path", () => {
  expect(fieldPath("peers[1].port")).toEqual({ field: "peers.port", index: "2" });
  expect(fieldPath("tls.cert")).toEqual({ field: "tls.cert", index: "" });
});

describe("differences", () => {
  it("names only what differs", () => {
    expect(differences({ a: 1, b: { c: true, d: "x" } }, { a: 1, b: { c: false, d: "x" }, n: [1] })).toEqual([
      { path: "b.c", from: true, to: false },
      { path: "n", from: null, to: [1] },
    ]);
  });

  it("finds none in equal ones", () => expect(differences({ l: [1, 2] }, { l: [1, 2] })).toEqual([]));
});
