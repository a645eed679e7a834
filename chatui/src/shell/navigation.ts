import { IconMessages, IconSettings, IconUserCheck, type Icon } from "@tabler/icons-react";

export interface NavigationItem {
  readonly to: string;
  /** Key in namespace "app", below "navigation". */
  readonly name: string;
  readonly icon: Icon;
}

/** At the bottom on a phone, at the left elsewhere; each has a line in router.tsx. */
export const navigation: readonly NavigationItem[] = [
  { to: "/", name: "rooms", icon: IconMessages },
  { to: "/duty", name: "duty", icon: IconUserCheck },
  { to: "/settings", name: "settings", icon: IconSettings },
];

const chats = ["/room/", "/chat/", "/new", "/link"];

/** isAt: an open room and whatever leads to one belong to "Chats". */
export function isAt(pathname: string, to: string): boolean {
  if (to === "/") return pathname === "/" || chats.some((place) => pathname.startsWith(place));
  return pathname === to || pathname.startsWith(`${to}/`);
}
