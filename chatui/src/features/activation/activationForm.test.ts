import { expect, it } from "vitest";
import { checkActivation } from "./activationForm.ts";

const base = { login: "pflege1", code: "ABCD-1234" };

it.each([
  ["a long enough pair", "Frühdienst um 6", "Frühdienst um 6", {}],
  ["a short one", "kurz", "kurz", { password: "tooShort" }],
  ["two that differ", "Frühdienst um 6", "Frühdienst um 7", { repeat: "different" }],
  ["emoji, each counted as one", "🐢🐢🐢🐢🐢", "🐢🐢🐢🐢🐢", { password: "tooShort" }],
])("%s", (_name, password, repeat, errors) => {
  expect(checkActivation({ ...base, password, repeat })).toEqual(errors);
});
