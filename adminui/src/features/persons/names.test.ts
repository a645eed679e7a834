import { expect, it } from "vitest";
import { initials, listName } from "./names.ts";

it.each([
  [{ name: "Käthe Müller", family_name: "Müller", given_name: "Käthe" }, "Müller, Käthe", "KM"],
  [{ name: "Müller", family_name: "Müller", given_name: "" }, "Müller", "M"],
  [{ name: "Käthe Müller", family_name: "", given_name: "" }, "Käthe Müller", "KM"],
  [{ name: "47110815", family_name: "", given_name: "" }, "47110815", "4"],
  [{ name: "Émile von der Heide", family_name: "", given_name: "" }, "Émile von der Heide", "ÉH"],
])("%j", (person, listed, short) => {
  expect(listName(person)).toBe(listed);
  expect(initials(person)).toBe(short);
});

it("a list in the order of given names begins with them", () => {
  const person = { name: "Käthe Müller", family_name: "Müller", given_name: "Käthe" };
  expect(["", "given_name", "last_seen"].map((by) => listName(person, by))).toEqual([
    "Müller, Käthe",
    "Käthe Müller",
    "Müller, Käthe",
  ]);
});
