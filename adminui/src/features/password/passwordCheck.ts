import { passwordMinLength } from "@wardline/uikit/session/authApi.ts";

/** What is wrong with a new password, as a key in namespace "password"; null when nothing is. */
export function passwordProblem(next: string, again: string): "short" | "different" | null {
  // Counted as the hub does: characters, not the halves of an emoji.
  if ([...next].length < passwordMinLength) return "short";
  return next === again ? null : "different";
}
