import { expect, it } from "vitest";
import { shortcutOf } from "./shortcuts.ts";

const stroke = (key: string, held = "", code = ""): Parameters<typeof shortcutOf>[0] => ({
  key,
  code,
  ctrlKey: held.includes("c"),
  metaKey: held.includes("m"),
  altKey: held.includes("a"),
  shiftKey: held.includes("s"),
});

it.each([
  ["Ctrl+K", stroke("k", "c"), "search"],
  ["Cmd+K", stroke("k", "m"), "search"],
  ["Ctrl+Shift+K, the browser's console", stroke("K", "cs"), null],
  ["Ctrl+/ on an English keyboard", stroke("/", "c"), "help"],
  ["Ctrl+Shift+7 on a German one", stroke("/", "cs"), "help"],
  ["Alt+N", stroke("n", "a", "KeyN"), "new"],
  ["Option+N on a Mac", stroke("Dead", "a", "KeyN"), "new"],
  ["AltGr+N", stroke("n", "ca", "KeyN"), null],
  ["Alt+↓", stroke("ArrowDown", "a"), "next"],
  ["Alt+↑", stroke("ArrowUp", "a"), "previous"],
  ["Alt+Shift+↓", stroke("ArrowDown", "as"), "nextUnread"],
  ["Alt+Shift+↑", stroke("ArrowUp", "as"), "previousUnread"],
  ["↓ alone", stroke("ArrowDown"), null],
  ["k alone", stroke("k"), null],
  ["/ alone", stroke("/"), null],
] as const)("%s", (_name, pressed, expected) => {
  expect(shortcutOf(pressed)).toBe(expected);
});
