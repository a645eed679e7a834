import { describe, expect, it } from "vitest";
import { creationOptions, fromBase64Url, passkeySupport, requestOptions, toBase64Url } from "./webauthn.ts";

describe("bytes in WebAuthn's JSON", () => {
  it.each([
    ["nothing", [], ""],
    ["no padding", [1], "AQ"],
    ["the two letters that differ from base64", [251, 255, 254], "-__-"],
  ])("%s goes both ways", (_, bytes, text) => {
    expect(toBase64Url(new Uint8Array(bytes).buffer)).toBe(text);
    expect([...fromBase64Url(text)]).toEqual(bytes);
  });
});

describe("options", () => {
  it("of a new passkey have bytes where the browser wants them", () => {
    const made = creationOptions({
      challenge: "AQI",
      rp: { id: "localhost", name: "Klinik" },
      user: { id: "Aw", name: "m1", displayName: "Kim" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      excludeCredentials: [{ id: "BA", type: "public-key" }],
    });
    expect([...(made.challenge as Uint8Array)]).toEqual([1, 2]);
    expect([...(made.user.id as Uint8Array)]).toEqual([3]);
    expect([...(made.excludeCredentials![0]!.id as Uint8Array)]).toEqual([4]);
  });

  it("of a sign-in without a login name no credentials", () => {
    expect(requestOptions({ challenge: "AQ", rpId: "localhost" })).not.toHaveProperty("allowCredentials");
  });
});

describe("support", () => {
  it("is missing where the page is no secure context", () => {
    expect(passkeySupport()).toBe("insecure");
  });
});
