import { ApiError } from "@wardline/uikit/api/problem.ts";
import { expect, it } from "vitest";
import { duplicatesIn, entryOf, nameless } from "./newPerson.ts";

it("entryOf leaves unsaid what is empty; the first unit is the main one", () => {
  expect(entryOf({ family_name: " Müller ", mail: "  " }, ["4B", "ICU"])).toEqual({
    values: { family_name: "Müller" },
    units: [
      { code: "4B", primary: true },
      { code: "ICU", primary: false },
    ],
  });
  expect(entryOf({}, [])).toEqual({ values: {} });
});

it("nobody without a family name", () => {
  expect(nameless({ family_name: " " })).toBe(true);
  expect(nameless({ family_name: "Yı" })).toBe(false);
});

it("duplicatesIn reads only the one refusal that names people", () => {
  const persons = [{ id: "1" }];
  expect(duplicatesIn(new ApiError(409, { code: "duplicates", persons } as object))).toEqual(persons);
  expect(duplicatesIn(new ApiError(409, { code: "duplicates" }))).toBeNull();
  expect(duplicatesIn(new ApiError(422, { code: "bad_date" }))).toBeNull();
  expect(duplicatesIn(null)).toBeNull();
});
