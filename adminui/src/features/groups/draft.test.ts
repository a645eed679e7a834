import { expect, it } from "vitest";
import type { Group } from "../../api/staff.ts";
import { draftOf, lacks, newDraft, saveOf, type Draft } from "./draft.ts";

const rule = { all: [{ any: [{ field: "unit", op: "under" as const, text: "4B" }] }] };
const group: Group = { id: "g1", name: "Pflege 4B", kind: "rule", rule, room: true, role_id: "r1", members: 12, revision: 3 };

it("what is read and saved again is the same", () => {
  expect(saveOf(draftOf(group))).toEqual({
    id: "g1",
    group: { name: "Pflege 4B", kind: "rule", rule, room: true, role_id: "r1", revision: 3 },
  });
});

it("members are told only of a group by hand, and only once they are known", () => {
  const hand: Draft = { form: { name: " Krisenstab ", kind: "hand", rule, role_id: "" }, members: ["p1"] };
  expect(saveOf(hand)).toEqual({ group: { name: "Krisenstab", kind: "hand" }, members: ["p1"] });
  expect(saveOf({ form: { name: "x", kind: "hand" } })).not.toHaveProperty("members");
  expect(saveOf({ ...hand, form: { ...hand.form, kind: "source" } })).not.toHaveProperty("members");
});

it("lacks", () => {
  expect(lacks(newDraft)).toBe("name");
  expect(lacks({ form: { ...newDraft.form, name: "x" } })).toBe("rule");
  expect(lacks({ form: { name: "x", kind: "rule", rule } })).toBe("");
  expect(lacks({ form: { name: "x", kind: "hand" } })).toBe("");
});
