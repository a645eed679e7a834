import { ApiError } from "@wardline/uikit/api/problem.ts";
import { errorKey } from "@wardline/uikit/components/errorText.ts";

// Codes of the chat client and of the protocol whose reader can do something about them.
const told = new Set([
  "slow_down", "unavailable", "offline", "role", "full", "epoch", "joining", "too_large", "log", "policy", "follows", "exists", "code", "offer", "user", "account", "no_account_key", "nobody",
]);

/** codeKey gives the text that explains a failure: in namespace "chat" below "code", else one of the shared ones. */
export function codeKey(error: unknown): { key: string; ns: "chat" | "ui" } {
  if (error instanceof ApiError) return { key: errorKey(error), ns: "ui" };
  const code = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  return told.has(code) ? { key: `code.${code}`, ns: "chat" } : { key: "error.server", ns: "ui" };
}
