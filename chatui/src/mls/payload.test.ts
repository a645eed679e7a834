// @vitest-environment node
import { describe, expect, it } from "vitest";
import { utf8 } from "../seal/bytes.ts";
import { encodePayload, limits, newRun, parsePayload, type Payload } from "./payload.ts";

const run = "0123456789abcdef";
const user = "0a000000-0000-4000-8000-000000000001";

type Own = Parameters<typeof encodePayload>[0];

describe("what is inside a message", () => {
  it.each<[string, Own]>([
    ["a text", { kind: "text", run, n: 1, text: "Bett 3: Schmerzmittel?", prio: 0 }],
    ["an urgent text", { kind: "text", run, n: 2, text: "👩🏽‍⚕️\nOP 2", prio: 2 }],
    ["a confirmation", { kind: "confirm", run, n: 3, ref: user }],
    ["an info", { kind: "info", run, n: 4, title: "Station 3", members: [user] }],
    ["the longest text", { kind: "text", run, n: 5, text: "ß".repeat(limits.text), prio: 1 }],
    ["the longest text of control characters", { kind: "text", run, n: 5, text: "\u0001".repeat(limits.text), prio: 1 }],
  ])("comes back: %s", (_, payload) => {
    expect(parsePayload(encodePayload(payload))).toEqual(payload);
  });

  it("has the fields of the protocol", () => {
    const bytes = encodePayload({ kind: "text", run, n: 17, text: "x", prio: 0 });
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({ v: 1, t: "text", run, n: 17, text: "x", prio: 0 });
  });

  it.each<[string, Own]>([
    ["no text", { kind: "text", run, n: 1, text: "", prio: 0 }],
    ["too long a text", { kind: "text", run, n: 1, text: "x".repeat(limits.text + 1), prio: 0 }],
    ["half a character", { kind: "text", run, n: 1, text: "\ud800", prio: 0 }],
    ["too long a title", { kind: "info", run, n: 1, title: "x".repeat(limits.title + 1), members: [] }],
    ["too many members", { kind: "info", run, n: 1, title: "", members: Array.from({ length: 257 }, () => user) }],
    ["number 0", { kind: "text", run, n: 0, text: "x", prio: 0 }],
    ["no run", { kind: "text", run: "", n: 1, text: "x", prio: 0 }],
    ["a confirmation of nothing", { kind: "confirm", run, n: 1, ref: "x" }],
  ])("is not written: %s", (_, payload) => {
    expect(() => encodePayload(payload)).toThrow(RangeError);
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["no number", `{"v":1,"t":"text","run":"${run}","text":"x","prio":0}`],
    ["a number as text", `{"v":1,"t":"text","run":"${run}","n":"1","text":"x","prio":0}`],
    ["half a number", `{"v":1,"t":"text","run":"${run}","n":1.5,"text":"x","prio":0}`],
    ["a foreign run", `{"v":1,"t":"text","run":"A B","n":1,"text":"x","prio":0}`],
    ["another priority", `{"v":1,"t":"text","run":"${run}","n":1,"text":"x","prio":3}`],
    ["no priority", `{"v":1,"t":"text","run":"${run}","n":1,"text":"x"}`],
    ["a member that is no id", `{"v":1,"t":"info","run":"${run}","n":1,"title":"","members":["x"]}`],
    ["a member that is no text", `{"v":1,"t":"info","run":"${run}","n":1,"title":"","members":[1]}`],
    ["no kind", `{"v":1,"run":"${run}","n":1}`],
    ["a byte order mark", `\ufeff{"v":1,"t":"text","run":"${run}","n":1,"text":"x","prio":0}`],
  ])("is refused: %s", (_, json) => {
    expect(() => parsePayload(utf8(json))).toThrow(expect.objectContaining({ cause: "format" }) as Error);
  });

  it("is refused when it is no UTF-8", () => {
    expect(() => parsePayload(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow(expect.objectContaining({ cause: "format" }) as Error);
  });

  it.each([
    ["kind", `{"v":1,"t":"poll","run":"${run}","n":9,"q":"?"}`],
    ["version", `{"v":2,"t":"text","run":"${run}","n":9,"text":{}}`],
    ["kind that objects have", `{"v":1,"t":"__proto__","run":"${run}","n":9}`],
    ["kind that objects have too", `{"v":1,"t":"toString","run":"${run}","n":9}`],
  ])("of a newer %s is kept and counted", (_, json) => {
    const want: Payload = { kind: "unknown", run, n: 9, raw: utf8(json) };
    expect(parsePayload(utf8(json))).toEqual(want);
  });

  it("names each member once", () => {
    const json = JSON.stringify({ v: 1, t: "info", run, n: 1, title: "t", members: [user, user] });
    expect(parsePayload(utf8(json))).toMatchObject({ members: [user] });
  });

  it("never throws anything else, whatever the bytes", () => {
    const good = encodePayload({ kind: "info", run, n: 1, title: "Station", members: [user] });
    for (let i = 0; i < 3_000; i++) {
      const bytes = good.slice();
      for (let flips = 0; flips <= i % 3; flips++) bytes[Math.floor(Math.random() * bytes.length)] = Math.random() * 256;
      try {
        parsePayload(bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: "MlsError", cause: "format" });
      }
    }
  });
});

it("runs are random", () => {
  const runs = new Set(Array.from({ length: 100 }, newRun));
  expect(runs.size).toBe(100);
  for (const one of runs) expect(one).toMatch(/^[0-9a-f]{32}$/);
});
