import { ApiError } from "@wardline/uikit/api/problem.ts";
import { expect, it } from "vitest";
import { refusals } from "./refusals.ts";
import { newRule } from "./ruleList.ts";

const items = [{ ...newRule(), name: "Nachts" }];

it("names the rule an error is about", () => {
  const error = new ApiError(422, {
    errors: [
      { location: "body.items[0].policy.need", message: "must be 1 to 50" },
      { location: "body.items", message: "1 to 500 rules are needed" },
    ],
  });
  expect(refusals(error, items)).toEqual([
    { name: "Nachts", where: "policy.need", message: "must be 1 to 50" },
    { name: "", where: "", message: "1 to 500 rules are needed" },
  ]);
  expect(refusals(new ApiError(500, {}), items)).toEqual([]);
});
