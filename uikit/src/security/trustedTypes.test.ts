import { describe, expect, it } from "vitest";
import { ownScriptOnly, plainTextOnly } from "./trustedTypes.ts";

const base = "https://hub.clinic.test/room/1";

describe("plainTextOnly", () => {
  it("lets CSS through", () => {
    expect(plainTextOnly(":root{--a:1px}@media (min-width:48em){a>b{c:d}}")).toContain("--a");
  });

  it.each(["<img src=x onerror=alert(1)>", "</style><script>", "a<b"])("refuses %s", (markup) => {
    expect(() => plainTextOnly(markup)).toThrow(TypeError);
  });
});

describe("ownScriptOnly", () => {
  it.each(["/sw.js", "/assets/worker-abc_1.js", "https://hub.clinic.test/assets/a.js"])(
    "lets %s through",
    (url) => expect(ownScriptOnly(url, base)).toBe(new URL(url, base).href),
  );

  it.each([
    "https://elsewhere.test/assets/a.js",
    "//elsewhere.test/sw.js",
    "data:text/javascript,alert(1)",
    "blob:https://hub.clinic.test/1",
    "/api/v1/attachments/1.js",
    "/assets/../api/x.js",
  ])("refuses %s", (url) => expect(() => ownScriptOnly(url, base)).toThrow(TypeError));
});
