import { describe, expect, it } from "vitest";
import type { Expression, Test } from "../../api/staff.ts";
import { addedTest, isWhole, newTest, opsOf, sentenceOf, testable, withField, withoutTest, withTest } from "./expression.ts";

const doctor: Test = { field: "profession", op: "is", text: "Arzt" };
const nurse: Test = { field: "profession", op: "is", text: "Pflege" };
const icu: Test = { field: "unit", op: "under", text: "ICU" };
const both: Expression = { all: [{ any: [doctor, nurse] }, { any: [icu] }] };

const words = { or: "oder", and: "und", test: ({ field, text }: Test) => `${field}=${text}` };

describe("sentenceOf", () => {
  it.each<[Expression, string]>([
    [both, "(profession=Arzt oder profession=Pflege) und unit=ICU"],
    [{ all: [{ any: [doctor, nurse] }] }, "profession=Arzt oder profession=Pflege"],
    [{ all: [{ any: [doctor] }, { any: [icu] }] }, "profession=Arzt und unit=ICU"],
    [{ all: [] }, ""],
  ])("%j", (expression, text) => expect(sentenceOf(expression, words)).toBe(text));
});

describe("editing", () => {
  it("adds an or to a clause and an and after the last", () => {
    expect(addedTest(both, 1).all[1]?.any).toEqual([icu, newTest]);
    expect(addedTest(both, 2).all).toHaveLength(3);
  });

  it("takes the clause out with its last test", () => {
    expect(withoutTest(both, 1, 0)).toEqual({ all: [{ any: [doctor, nurse] }] });
    expect(withoutTest(both, 0, 0).all[0]?.any).toEqual([nurse]);
  });

  it("changes one test and leaves the others", () => {
    expect(withTest(both, 0, 1, icu).all[0]?.any).toEqual([doctor, icu]);
    expect(both.all[0]?.any).toEqual([doctor, nurse]);
  });

  it("a field keeps a comparison only where it makes sense", () => {
    expect(withField(icu, "mail")).toEqual({ field: "mail", op: "is", text: "" });
    expect(withField(doctor, "job_title")).toEqual({ ...doctor, field: "job_title" });
    expect(withField({ ...doctor, op: "contains" }, "unit")).toEqual({ field: "unit", op: "under", text: "" });
  });
});

it("isWhole wants every test to compare with something", () => {
  expect(isWhole(both)).toBe(true);
  expect(isWhole({ all: [] })).toBe(false);
  expect(isWhole({ all: [{ any: [doctor, { ...nurse, text: " " }] }] })).toBe(false);
  expect(isWhole({ all: [{ any: [{ field: "pager", op: "is_empty", text: "" }] }] })).toBe(true);
});

it("each field is offered once and can be compared", () => {
  expect(new Set(testable).size).toBe(testable.length);
  expect(testable.every((field) => opsOf(field).length > 0)).toBe(true);
});
