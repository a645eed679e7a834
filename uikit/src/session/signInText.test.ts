import { expect, it } from "vitest";
import de from "../i18n/de.json";
import en from "../i18n/en.json";
import { providerFailure } from "./signInText.ts";

// Those of the table in docs/protocols/signing-in.md, but for what only the log knows.
const codes = [
  "provider_unavailable",
  "provider_refused",
  "expired",
  "token",
  "issuer",
  "no_account",
  "locked",
  "not_admin",
  "unknown_provider",
  "slow_down",
  "other_account",
];

it.each(codes)("has a text of its own for %s", (code) => {
  expect(providerFailure(code)).toBe(`session.failed.${code}`);
  expect(Object.keys(de.session.failed)).toContain(code);
  expect(Object.keys(en.session.failed)).toContain(code);
});

it("has one for whatever else may come", () => {
  expect(providerFailure("internal")).toBe("session.failed.other");
  expect(de.session.failed.other).not.toBe("");
});
