import type { Expression, Test, TestOp } from "../../api/staff.ts";
import { fields } from "../persons/useFieldName.ts";

export const mostClauses = 10;
export const mostTests = 10;

/** Fields a group's rule may look at; units compare by their code. */
export const testable: readonly string[] = [
  "unit",
  "profession",
  "job_title",
  "department",
  ...fields.filter((field) => !["profession", "job_title", "department", "active_from", "active_until"].includes(field)),
];

/** opsOf are the comparisons that make sense for a field. */
export function opsOf(field: string): readonly TestOp[] {
  return field === "unit"
    ? ["under", "is", "is_not"]
    : ["is", "is_not", "contains", "starts", "is_empty"];
}

export const newTest: Test = { field: "unit", op: "under", text: "" };

/** withField changes what a test looks at and keeps a comparison only if it still makes sense. */
export function withField(test: Test, field: string): Test {
  const ops = opsOf(field);
  const op = ops.includes(test.op) ? test.op : (ops[0] ?? "is");
  return { field, op, text: field === "unit" || test.field === "unit" ? "" : test.text };
}

export function withTest({ all }: Expression, clause: number, at: number, test: Test): Expression {
  return {
    all: all.map((one, i) => (i === clause ? { any: one.any.map((old, j) => (j === at ? test : old)) } : one)),
  };
}

/** addedTest adds an "or"; a clause number past the end adds an "and". */
export function addedTest({ all }: Expression, clause: number): Expression {
  if (clause >= all.length) return { all: [...all, { any: [newTest] }] };
  return { all: all.map((one, i) => (i === clause ? { any: [...one.any, newTest] } : one)) };
}

/** withoutTest takes a test out, and its clause with the last one. */
export function withoutTest({ all }: Expression, clause: number, at: number): Expression {
  return {
    all: all
      .map((one, i) => (i === clause ? { any: one.any.filter((_, j) => j !== at) } : one))
      .filter((one) => one.any.length > 0),
  };
}

/** isWhole is whether every test has what it compares with; a rule without tests is none. */
export function isWhole({ all }: Expression): boolean {
  return all.length > 0 && all.every(({ any }) => any.every(({ op, text }) => op === "is_empty" || text.trim() !== ""));
}

export interface Words {
  test: (test: Test) => string;
  or: string;
  and: string;
}

/** sentenceOf reads a rule aloud: "(A oder B) und C". */
export function sentenceOf({ all }: Expression, words: Words): string {
  const clauses = all.map(({ any }) => {
    const tests = any.map(words.test).join(` ${words.or} `);
    return any.length > 1 && all.length > 1 ? `(${tests})` : tests;
  });
  return clauses.join(` ${words.and} `);
}
