import { afterEach, describe, expect, it } from "vitest";
import { takeLinkToken } from "./linkToken.ts";

function open(address: string): string | null {
  window.history.replaceState(null, "", address);
  return takeLinkToken(window.location, window.history);
}

afterEach(() => window.history.replaceState(null, "", "/"));

describe("takeLinkToken", () => {
  it("takes the token out of the address", () => {
    expect(open("/room/7?x=1#token=abc-_%2B")).toBe("abc-_+");
    expect(window.location.href).toMatch(/\/room\/7\?x=1$/);
  });

  it("leaves another fragment alone", () => {
    expect(open("/#content")).toBeNull();
    expect(window.location.hash).toBe("#content");
  });

  it("removes an empty token without using it", () => {
    expect(open("/#token=")).toBeNull();
    expect(window.location.hash).toBe("");
  });
});
