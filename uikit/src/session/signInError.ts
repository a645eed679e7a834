/**
 * takeSignInError reads the code with which a provider's sign-in ended (`/login?error=code`)
 * and leaves the start page in the address, where the next sign-in belongs.
 */
export function takeSignInError(location: Location, history: History): string | null {
  if (location.pathname !== "/login") return null;
  const code = new URLSearchParams(location.search).get("error");
  history.replaceState(history.state, "", "/");
  return code !== null && /^[a-z_]{1,40}$/.test(code) ? code : null;
}
