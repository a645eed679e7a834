/** Part of a text: words, or an address that may be opened. */
export interface Part {
  readonly text: string;
  readonly href: string | null;
}

const address = /https:\/\/[^\s<>"'`]+/gi;

// What a sentence puts behind an address does not belong to it.
const trailing = /[.,;:!?)\]}»“”]+$/u;

/** Only https, and no name or password in front of the host: "https://bank.de@evil.example" is not what it looks like. */
function opened(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const honest = url.protocol === "https:" && url.username === "" && url.password === "";
  return honest ? url.href : null;
}

/** partsOf finds the addresses in a text. Everything else stays text, whatever it looks like. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const found = match[0].replace(trailing, "");
    const href = opened(found);
    if (!href) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index), href: null });
    parts.push({ text: found, href });
    done = match.index + found.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), href: null });
  return parts;
}
