import {
  IconAddressBook,
  IconArrowsExchange,
  IconBellRinging,
  IconBuildingHospital,
  IconGitPullRequest,
  IconInbox,
  IconLayoutDashboard,
  IconListCheck,
  IconMessageCheck,
  IconRoute,
  type Icon,
} from "@tabler/icons-react";

export interface NavigationGroup {
  /** Key in namespace "app", below "navigation.group". */
  readonly name: string;
  readonly items: readonly NavigationItem[];
}

export interface NavigationItem {
  readonly to: string;
  /** Key in namespace "app", below "navigation". */
  readonly name: string;
  readonly icon: Icon;
}

/** The left tree. A page needs a line here and one in router.tsx. */
export const navigation: readonly NavigationGroup[] = [
  {
    name: "start",
    items: [{ to: "/", name: "overview", icon: IconLayoutDashboard }],
  },
  {
    name: "systems",
    items: [
      { to: "/connectors", name: "connectors", icon: IconArrowsExchange },
      { to: "/messages", name: "messages", icon: IconInbox },
    ],
  },
  {
    name: "directory",
    items: [
      { to: "/persons", name: "persons", icon: IconAddressBook },
      { to: "/units", name: "units", icon: IconBuildingHospital },
      { to: "/plans", name: "plans", icon: IconGitPullRequest },
    ],
  },
  {
    name: "alerting",
    items: [
      { to: "/rules", name: "rules", icon: IconRoute },
      { to: "/board", name: "board", icon: IconBellRinging },
    ],
  },
  {
    name: "control",
    items: [
      { to: "/chat", name: "chat", icon: IconMessageCheck },
      { to: "/audit", name: "audit", icon: IconListCheck },
    ],
  },
];
