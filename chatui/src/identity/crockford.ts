import type { Bytes } from "../seal/bytes.ts";

// Crockford's base32: no I, L, O and U, so that what is read aloud or copied from paper arrives.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** encodeBits writes the first `bits` bits, five to a letter; `bits` is a multiple of five. */
export function encodeBits(bytes: Uint8Array, bits: number): string {
  let text = "";
  for (let at = 0; at < bits; at += 5) text += alphabet[bitsAt(bytes, at)];
  return text;
}

function bitsAt(bytes: Uint8Array, at: number): number {
  const pair = ((bytes[at >> 3] ?? 0) << 8) | (bytes[(at >> 3) + 1] ?? 0);
  return (pair >> (11 - (at & 7))) & 31;
}

/** tidy takes what a person typed to the alphabet: any case, spaces and dashes, O for 0, I and L for 1; null: another sign. */
export function tidy(typed: string): string | null {
  const text = typed.toUpperCase().replace(/[\s\-–—]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return [...text].every((letter) => alphabet.includes(letter)) ? text : null;
}

/** decodeBits reads tidy text back; the last byte is filled up with zeros. */
export function decodeBits(text: string): Bytes {
  const bytes = new Uint8Array(Math.ceil((text.length * 5) / 8));
  [...text].forEach((letter, i) => {
    const shifted = alphabet.indexOf(letter) << (11 - ((i * 5) & 7));
    const at = (i * 5) >> 3;
    bytes[at] = (bytes[at] ?? 0) | (shifted >> 8);
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] ?? 0) | (shifted & 255);
  });
  return bytes;
}

export function grouped(text: string): string {
  return (text.match(/.{1,4}/g) ?? []).join("-");
}
