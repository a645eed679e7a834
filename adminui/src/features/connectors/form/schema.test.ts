import { describe, expect, it } from "vitest";
import { secretPaths, withDefaults } from "./schema.ts";

describe("withDefaults", () => {
  const defaults = { port: 1, tls: { on: false, cert: "" }, nets: ["a"] };

  it("fills in what is left out, inside groups too", () => {
    expect(withDefaults(defaults, { tls: { on: true } })).toEqual({
      port: 1,
      tls: { on: true, cert: "" },
      nets: ["a"],
    });
  });

  it("replaces lists as a whole", () => {
    expect(withDefaults(defaults, { nets: [] })).toMatchObject({ nets: [] });
  });
});

it("secretPaths goes down into groups", () => {
  const schema = {
    $defs: { T: { properties: { key: { type: "string", writeOnly: true } } } },
    properties: { pw: { type: "string", writeOnly: true }, tls: { $ref: "#/$defs/T" }, a: { type: "string" } },
  };
  expect(secretPaths(schema)).toEqual(["pw", "tls.key"]);
});
