import { ApiError } from "@wardline/uikit/api/problem.ts";
import { expect, it } from "vitest";
import { refusedFile } from "./useRefusals.ts";

const codeOf = (error: Error | null) => (error instanceof ApiError ? error.problem.code : undefined);

it.each([
  [new ApiError(413, {}), "too_large"],
  [new ApiError(415, { request_id: "r" }), "malformed"],
  [new ApiError(422, { code: "encoding" }), "encoding"],
  [new ApiError(500, {}), undefined],
  [null, undefined],
])("%j", (error, code) => expect(codeOf(refusedFile(error))).toBe(code));
