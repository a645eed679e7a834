/** instant turns what a datetime-local field holds (local time) into RFC 3339; "" for half a date. */
export function instant(local: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local)) return "";
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
