import { describe, expect, it } from "vitest";
import { dataText, objectPlace } from "./auditText.ts";

function line(act: string, object = "1") {
  return { at: "", actor: { user_id: "", name: "" }, act, object };
}

describe("objectPlace", () => {
  it.each([
    ["connector.save", "/connectors/$id"],
    ["message.view", "/messages/$id"],
    ["connector.delete", null],
    ["account.lock", null],
    ["login", null],
  ])("%s", (act, place) => expect(objectPlace(line(act))).toBe(place));

  it("needs an object", () => expect(objectPlace(line("plan.approve", ""))).toBeNull());
});

it("dataText", () => {
  expect(dataText({ revision: "2", locks: 3 })).toBe("revision: 2, locks: 3");
  expect(dataText(undefined)).toBe("");
});
