export type Shortcut = "search" | "new" | "help" | "next" | "previous" | "nextUnread" | "previousUnread";

type Stroke = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const withAlt: Readonly<Record<string, readonly [plain: Shortcut, shifted: Shortcut]>> = {
  ArrowDown: ["next", "nextUnread"],
  ArrowUp: ["previous", "previousUnread"],
};

/**
 * shortcutOf reads a key stroke; null is none of ours. Alt+N is told by the place
 * of the key, since a Mac makes "˜" of it. AltGr is Ctrl+Alt and types characters.
 */
export function shortcutOf(stroke: Stroke): Shortcut | null {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = stroke;
  const control = ctrlKey || metaKey;
  if (control && altKey) return null;
  if (control && key.toLowerCase() === "k" && !shiftKey) return "search";
  // On a German keyboard the slash is Shift+7.
  if (control && key === "/") return "help";
  if (!altKey) return null;
  if (code === "KeyN" && !shiftKey) return "new";
  return withAlt[key]?.[shiftKey ? 1 : 0] ?? null;
}
