/** parentOf is where Escape leads: out of the details, then out of the conversation. */
export function parentOf(pathname: string): string | null {
  const [place, id, below] = pathname.split("/").filter(Boolean);
  if (place === "chat" && id && below) return below === "details" ? `/chat/${id}` : `/chat/${id}/details`;
  return place === "chat" || place === "room" || place === "new" || place === "link" ? "/" : null;
}
