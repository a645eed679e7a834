import { ApiError } from "@wardline/uikit/api/problem.ts";
import { describe, expect, it } from "vitest";
import { serverErrors } from "./serverErrors.ts";

function refused(...errors: { location?: string; message?: string }[]): ApiError {
  return new ApiError(422, { code: "invalid", errors });
}

const say = ({ keyword, limit }: { keyword: string; limit: unknown }): string =>
  limit === undefined ? keyword : `${keyword} ${String(limit)}`;

describe("serverErrors", () => {
  it("puts each error at its field, worded", () => {
    const { config, around, rest } = serverErrors(
      refused(
        { location: "body.config.address", message: "expected string to match pattern ^[^:]+$" },
        { location: "body.config.peers[1].port", message: "expected number >= 1" },
        { location: "body.name", message: "expected length >= 1" },
        { location: "body", message: "the port is in use" },
      ),
      say,
    );
    expect(config).toEqual({
      address: { __errors: ["pattern ^[^:]+$"] },
      peers: { 1: { port: { __errors: ["minimum 1"] } } },
    });
    expect(around).toEqual({ name: "minLength 1" });
    expect(rest).toEqual(["the port is in use"]);
  });

  it("keeps sentences it does not know", () => {
    const { config } = serverErrors(refused({ location: "body.config.user", message: "ESPA-X allows 4" }), say);
    expect(config).toEqual({ user: { __errors: ["ESPA-X allows 4"] } });
  });

  it("has nothing to say about other failures", () => {
    const nothing = { config: {}, around: {}, rest: [] };
    expect(serverErrors(null, say)).toEqual(nothing);
    expect(serverErrors(new ApiError(412, {}), say)).toEqual(nothing);
  });
});
