/** The hub's bounds of docs/protocols/signing-in.md. */
export const mostHours = 168;
export const usualHours = 24;
export const longestLabel = 120;

/** hoursOf reads the number field; null: not whole hours within the bounds. */
export function hoursOf(typed: number | string): number | null {
  const hours = typed === "" ? Number.NaN : Number(typed);
  return Number.isInteger(hours) && hours >= 1 && hours <= mostHours ? hours : null;
}

/** inFours is how people read a long code aloud and type it. */
export function inFours(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? "";
}
