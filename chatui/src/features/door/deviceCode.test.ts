import { expect, it } from "vitest";
import { isDeviceCode, typedDeviceCode } from "./deviceCode.ts";

it.each([
  ["as it is printed", "ABCD-EFGH-JKLM-2345", "ABCD-EFGH-JKLM-2345", true],
  ["in small letters, with spaces", " abcd efgh jklm 2345 ", "ABCD-EFGH-JKLM-2345", true],
  ["while it is being typed", "abcde", "ABCD-E", false],
  ["more than there is", "ABCDEFGHJKLM2345XX", "ABCD-EFGH-JKLM-2345", true],
  ["nothing", " - ", "", false],
])("a code %s", (_name, text, shown, whole) => {
  expect(typedDeviceCode(text)).toBe(shown);
  expect(isDeviceCode(text)).toBe(whole);
});
