import { ApiError } from "../api/problem.ts";
import { errorKey } from "../components/errorText.ts";
import { PasskeyError } from "./webauthn.ts";

const byCode: Record<string, string> = {
  wrong: "session.wrong",
  otp_wrong: "session.otpWrong",
  slow_down: "session.slowDown",
  directory_unavailable: "session.directoryUnavailable",
  not_admin: "session.notAdmin",
};

/** passwordFailure gives the text for a refused password or code. */
export function passwordFailure(error: Error): string {
  if (!(error instanceof ApiError)) return errorKey(error);
  const known = byCode[error.problem.code ?? ""];
  return known ?? ([400, 401, 422].includes(error.status) ? "session.wrong" : errorKey(error));
}

/** passkeyFailure gives the text for a ceremony that did not end well. */
export function passkeyFailure(error: Error): string {
  if (error instanceof PasskeyError) return `session.passkeyFailed.${error.failure}`;
  const code = error instanceof ApiError ? (error.problem.code ?? "") : "";
  if (code === "wrong" || code === "expired") return `session.passkeyFailed.${code}`;
  return byCode[code] ?? errorKey(error);
}

const providerCodes = new Set([
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
]);

/** providerFailure gives the text for the code a provider's sign-in ended with. */
export function providerFailure(code: string): string {
  return `session.failed.${providerCodes.has(code) ? code : "other"}`;
}

/** asksForCode reports whether the password was right and a code is missing. */
export function asksForCode(error: Error | null): boolean {
  return error instanceof ApiError && error.problem.code === "otp_needed";
}
