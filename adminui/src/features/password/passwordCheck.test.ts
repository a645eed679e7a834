import { expect, it } from "vitest";
import { passwordProblem } from "./passwordCheck.ts";

it.each([
  ["short", "short", "short"],
  ["😀😀😀😀😀😀", "😀😀😀😀😀😀", "short"],
  ["correct horse battery", "correct horse", "different"],
  ["correct horse battery", "correct horse battery", null],
])("%j, %j", (next, again, problem) => expect(passwordProblem(next, again)).toBe(problem));
