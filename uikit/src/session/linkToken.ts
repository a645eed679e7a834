/**
 * takeLinkToken reads `#token=...` from the address and removes it at once, so
 * that it stays neither in the address bar nor in the browser's history. The
 * fragment is never sent to a server by the browser itself.
 */
export function takeLinkToken(location: Location, history: History): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return token === "" ? null : token;
}
