import { afterEach, expect, it } from "vitest";
import { takeSignInError } from "./signInError.ts";

afterEach(() => window.history.replaceState(null, "", "/"));

it.each([
  ["a code", "/login?error=no_account", "no_account", "/"],
  ["the page without a code", "/login", null, "/"],
  ["something that is no code", "/login?error=%3Cb%3E", null, "/"],
  ["another page", "/persons?error=x", null, "/persons"],
])("%s", (_, from, code, path) => {
  window.history.replaceState(null, "", from);
  expect(takeSignInError(window.location, window.history)).toBe(code);
  expect(window.location.pathname).toBe(path);
});
