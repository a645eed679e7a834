import { expect, it } from "vitest";
import type { Person, PersonDetail } from "../../api/directory.ts";
import { compare, rowValues, shownValues } from "./compare.ts";

it("compare marks what is the same, different and unknown", () => {
  const stated = { mail: "K.Mueller@haus.de", family_name: "Müller", pager: "77", title: "" };
  const known = { mail: "k.mueller@haus.de", family_name: "Muller" };
  expect(compare(stated, known)).toEqual([
    { field: "family_name", stated: "Müller", known: "Muller", verdict: "different" },
    { field: "mail", stated: "K.Mueller@haus.de", known: "k.mueller@haus.de", verdict: "same" },
    { field: "pager", stated: "77", known: "", verdict: "unknown" },
  ]);
});

it("only what is shown counts as known", () => {
  const value = { source: { id: "1", name: "KIS" }, at: "2026-11-01T08:00:00Z" };
  const values = [
    { ...value, field: "mail", text: "alt@haus.de", shown: false },
    { ...value, field: "mail", text: "neu@haus.de", shown: true },
  ];
  expect(shownValues({ values } as PersonDetail)).toEqual({ mail: "neu@haus.de" });
});

it("a row without an account has no login", () => {
  expect(rowValues({ staff_number: "4711", title: "Dr." } as Person)).toEqual({ staff_number: "4711", title: "Dr.", login: "" });
});
