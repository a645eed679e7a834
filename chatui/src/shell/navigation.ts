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

/** isAt: an open room belongs to "Räume". */
export function isAt(pathname: string, to: string): boolean {
  if (to === "/") return pathname === "/" || pathname.startsWith("/room/");
  return pathname === to || pathname.startsWith(`${to}/`);
}
