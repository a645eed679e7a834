import { describe, expect, it } from "vitest";
import type { PersonValue } from "../../api/directory.ts";
import type { ConnectorRef } from "../../api/list.ts";
import { handUnits, isHand, valuesByField } from "./values.ts";

const kis = { id: "1", name: "KIS", kind: "hl7v2-mllp" };
const ad = { id: "2", name: "AD", kind: "ldap" };
const hand = { id: "3", name: "" };

function value(field: string, text: string, source: PersonValue["source"], shown: boolean, day = 1): PersonValue {
  return { field, text, source, shown, at: `2026-11-0${day}T08:00:00Z` };
}

describe("valuesByField", () => {
  it("puts the word that counts first and the others by age", () => {
    const found = valuesByField([
      value("mail", "alt@haus.de", kis, false, 1),
      value("mail", "neu@haus.de", ad, false, 3),
      value("mail", "hand@haus.de", hand, true, 2),
      value("family_name", "Müller", kis, true),
    ]);
    expect(found.map(({ field }) => field)).toEqual(["family_name", "mail"]);
    expect(found[1]?.stated.map(({ text }) => text)).toEqual(["hand@haus.de", "neu@haus.de", "alt@haus.de"]);
    expect(found[1]?.shown?.source).toBe(hand);
  });

  it("has no shown value where nobody's word counts", () => {
    expect(valuesByField([value("pager", "77", kis, false)])[0]?.shown).toBeUndefined();
  });
});

it("handUnits are only those of the hand", () => {
  const standing = { key: "k", status: "working" as const, photo: false, at: "2026-11-01T08:00:00Z" };
  const known = [
    { ...standing, source: kis, units: ["4B"] },
    { ...standing, source: hand, units: ["ICU"] },
  ];
  expect(handUnits(known)).toEqual(["ICU"]);
  expect(handUnits([])).toEqual([]);
});

it.each<[ConnectorRef, boolean]>([
  [hand, true],
  [{ id: "4", name: "Hand", kind: "hand" }, true],
  [kis, false],
])("isHand(%j)", (source, is) => expect(isHand(source)).toBe(is));
