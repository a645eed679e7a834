/** What the QR code of a printed letter brings. */
export interface Letter {
  login: string;
  code: string;
}

/**
 * takeLetter reads `#login=...&code=...` from the address and removes it at once: a code must
 * stay neither in the address bar nor in the browser's history.
 */
export function takeLetter(location: Location, history: History): Letter {
  const given = new URLSearchParams(location.hash.slice(1));
  const letter = { login: given.get("login") ?? "", code: given.get("code") ?? "" };
  if (letter.login || letter.code) history.replaceState(history.state, "", location.pathname + location.search);
  return letter;
}
