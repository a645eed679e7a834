import { describe, expect, it } from "vitest";
import { mappingFaults, samplesOf, startMapping } from "./mapping.ts";

const columns = (...fields: string[]) => fields.map((field, at) => ({ header: `Spalte ${at}`, field }));

describe("startMapping", () => {
  it("has a line for each named column", () => {
    const suggested = [{ header: "Nr", field: "staff_number" }];
    expect(startMapping({ header: ["Nr", "", "Lieblingsfarbe"], suggested })).toEqual([
      { header: "Nr", field: "staff_number" },
      { header: "Lieblingsfarbe", field: "" },
    ]);
  });
});

describe("mappingFaults", () => {
  it.each([
    ["whole", columns("staff_number", "family_name", ""), []],
    ["several units are fine", columns("staff_number", "unit", "unit", "group", "group"), []],
    ["a field twice", columns("staff_number", "mail", "mail", "mail"), [{ code: "twice", field: "mail" }]],
    ["no key", columns("family_name"), [{ code: "no_key", field: "staff_number" }]],
    ["nothing at all", columns("", ""), [{ code: "nothing", field: "" }]],
  ])("%s", (_, mapping, faults) => expect(mappingFaults(mapping, "staff_number")).toEqual(faults));

  it("another key will do", () => expect(mappingFaults(columns("login"), "login")).toEqual([]));
});

it("samplesOf shows at most three different values", () => {
  const sample = [["4B", "x"], ["4B", ""], ["ICU"], ["5A"], ["6C"]];
  expect(samplesOf({ header: ["Station", "Rest"], sample }, "Station")).toEqual(["4B", "ICU", "5A"]);
  expect(samplesOf({ header: ["Station", "Rest"], sample }, "Rest")).toEqual(["x"]);
});
