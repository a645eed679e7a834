import { afterEach, expect, it } from "vitest";
import { takeLetter } from "./letter.ts";

afterEach(() => window.history.replaceState(null, "", "/"));

it("takes login and code out of the address", () => {
  window.history.replaceState(null, "", "/activate#login=m%C3%BCller&code=ABCDE-12345");
  expect(takeLetter(window.location, window.history)).toEqual({ login: "müller", code: "ABCDE-12345" });
  expect(window.location.hash).toBe("");
});

it("leaves another fragment alone", () => {
  window.history.replaceState(null, "", "/activate#top");
  expect(takeLetter(window.location, window.history)).toEqual({ login: "", code: "" });
  expect(window.location.hash).toBe("#top");
});
