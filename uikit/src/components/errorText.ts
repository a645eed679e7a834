import { ApiError } from "../api/problem.ts";

const byStatus: Record<number, string> = {
  0: "error.offline",
  400: "error.invalid",
  403: "error.forbidden",
  404: "error.notFound",
  409: "error.conflict",
  412: "error.conflict",
  422: "error.invalid",
  429: "error.tooMany",
};

// Codes whose reader can do more than the status says.
const byCode: Record<string, string> = {
  weak: "error.weak",
  slow_down: "error.tooMany",
};

/** errorKey gives the text in namespace "ui" that explains an error to its reader. */
export function errorKey(error: unknown): string {
  if (!(error instanceof ApiError)) return "error.server";
  return byCode[error.problem.code ?? ""] ?? byStatus[error.status] ?? "error.server";
}
