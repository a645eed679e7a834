import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../api/systems.ts";
import { createValidator, findings } from "./validator.ts";

// The shape of the hub's own golden schema (server/form).
const schema: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  additionalProperties: false,
  required: ["login"],
  $defs: {
    TLS: {
      type: "object",
      additionalProperties: false,
      properties: {
        cert: { type: "string", minLength: 3 },
        password: { type: "string", writeOnly: true, minLength: 4 },
      },
    },
    Peer: {
      type: "object",
      required: ["port"],
      properties: { port: { type: "integer", minimum: 1, maximum: 65535 } },
    },
  },
  properties: {
    address: { type: "string", pattern: "^[^:]+:[0-9]{1,5}$" },
    login: { type: "string" },
    mode: { type: "string", enum: ["original", "enhanced"] },
    key: { type: "string", writeOnly: true, minLength: 8 },
    tls: { $ref: "#/$defs/TLS" },
    peers: { type: "array", maxItems: 2, items: { $ref: "#/$defs/Peer" } },
    nets: { type: "array", items: { type: "string", minLength: 2 } },
  },
};

describe("findings", () => {
  const cases: [string, JsonObject, string, string, unknown][] = [
    ["a pattern", { login: "a", address: "nowhere" }, "address", "pattern", "^[^:]+:[0-9]{1,5}$"],
    ["what is missing", {}, "login", "required", undefined],
    ["a word that is not offered", { login: "a", mode: "x" }, "mode", "enum", ["original", "enhanced"]],
    ["below a reference", { login: "a", tls: { cert: "x" } }, "tls.cert", "minLength", 3],
    ["in a list of objects", { login: "a", peers: [{ port: 0 }] }, "peers.0.port", "minimum", 1],
    ["missing in a list", { login: "a", peers: [{}] }, "peers.0.port", "required", undefined],
    ["a list that is too long", { login: "a", peers: [{ port: 1 }, { port: 2 }, { port: 3 }] }, "peers", "maxItems", 2],
    ["in a list of words, said at the list", { login: "a", nets: ["x"] }, "nets", "minLength", 2],
    ["a wrong type", { login: 7 }, "login", "type", "string"],
    ["a secret that is too short", { login: "a", key: "123" }, "key", "minLength", 8],
    ["an unknown field", { login: "a", tls: { sert: "x" } }, "tls.sert", "unknown", undefined],
  ];

  it.each(cases)("%s", (_, config, path, keyword, limit) => {
    const found = findings(schema, config).map((finding) => ({
      ...finding,
      path: finding.path.join("."),
    }));
    expect(found).toEqual([{ path, keyword, limit }]);
  });

  it("takes a right configuration", () => {
    expect(findings(schema, { login: "a", address: "h:1", peers: [{ port: 5 }] })).toEqual([]);
  });

  it("lets a secret be cleared and does not change what it checks", () => {
    const config = { login: "a", key: "", tls: { password: "" } };
    expect(findings(schema, config)).toEqual([]);
    expect(config).toEqual({ login: "a", key: "", tls: { password: "" } });
  });
});

it("gives the form its errors at the right fields", () => {
  const validator = createValidator(({ keyword }) => keyword);
  const { errorSchema } = validator.validateFormData(
    { login: "a", tls: { cert: "x" }, peers: [{ port: 0 }] },
    schema,
  );
  expect(errorSchema).toEqual({
    tls: { cert: { __errors: ["minLength"] } },
    peers: { 0: { port: { __errors: ["minimum"] } } },
  });
});
