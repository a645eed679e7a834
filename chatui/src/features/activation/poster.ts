const key = "wardline.poster";

/**
 * takePoster reads the token of a poster from the address and removes it; "" without one. It
 * stays with this tab, in neither address nor history, so that who reloads need not scan again.
 */
export function takePoster(location: Location, history: History): string {
  const token = new URLSearchParams(location.hash.slice(1)).get("poster") ?? "";
  try {
    if (!token) return sessionStorage.getItem(key) ?? "";
    sessionStorage.setItem(key, token);
  } catch {
    // A browser that keeps nothing: the token lasts as long as the page.
  }
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/** forgetPoster is for a token that was used, or that the hub does not take. */
export function forgetPoster(): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Then it was never kept.
  }
}
