/** instant turns what a datetime-local field holds (local time) into RFC 3339; "" for half a date. */
export function instant(local: string): string {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
