import {
  IconAddressBook,
  IconArrowsExchange,
  IconBellRinging,
  IconBuildingHospital,
  IconCalendarUser,
  IconDevices,
  IconGitPullRequest,
  IconHistory,
  IconInbox,
  IconLayoutDashboard,
  IconListCheck,
  IconMailExclamation,
  IconMailOpened,
  IconMessageCheck,
  IconRoute,
  IconSortDescending,
  IconTableImport,
  IconUserQuestion,
  IconUsersGroup,
  IconShieldLock,
  type Icon,
} from "@tabler/icons-react";
import type { Role } from "@wardline/uikit/session/authApi.ts";

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
  /** Who may use the page beside an owner; absent: every administrator. */
  readonly roles?: readonly Role[];
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
      { to: "/connectors", roles: ["connectors", "people", "auditor"], name: "connectors", icon: IconArrowsExchange },
      { to: "/messages", roles: ["connectors"], name: "messages", icon: IconInbox },
      { to: "/runs", roles: ["connectors", "people", "auditor"], name: "runs", icon: IconHistory },
      { to: "/contacts", roles: ["policy", "connectors", "auditor"], name: "contacts", icon: IconMailExclamation },
    ],
  },
  {
    name: "directory",
    items: [
      { to: "/persons", roles: ["people", "policy", "auditor"], name: "persons", icon: IconAddressBook },
      { to: "/units", name: "units", icon: IconBuildingHospital },
      { to: "/groups", roles: ["people", "policy", "auditor"], name: "groups", icon: IconUsersGroup },
      { to: "/rosters", roles: ["people", "policy", "auditor"], name: "rosters", icon: IconCalendarUser },
      { to: "/imports", roles: ["people"], name: "imports", icon: IconTableImport },
      { to: "/plans", roles: ["people", "auditor"], name: "plans", icon: IconGitPullRequest },
      { to: "/conflicts", roles: ["people", "auditor"], name: "conflicts", icon: IconUserQuestion },
      { to: "/precedence", roles: ["people", "policy", "auditor"], name: "precedence", icon: IconSortDescending },
    ],
  },
  {
    name: "access",
    items: [
      { to: "/letters", name: "letters", icon: IconMailOpened, roles: ["people"] },
      { to: "/devices", name: "devices", icon: IconDevices, roles: ["people"] },
      { to: "/policy", name: "policy", icon: IconShieldLock, roles: ["policy"] },
    ],
  },
  {
    name: "alerting",
    items: [
      { to: "/rules", roles: ["policy"], name: "rules", icon: IconRoute },
      { to: "/board", name: "board", icon: IconBellRinging },
    ],
  },
  {
    name: "control",
    items: [
      { to: "/chat", name: "chat", icon: IconMessageCheck },
      { to: "/audit", roles: ["auditor"], name: "audit", icon: IconListCheck },
    ],
  },
];

/** mayUse reports whether roles open a page; accounts of older hubs have no roles and see all. */
export function mayUse(item: Pick<NavigationItem, "roles">, roles: readonly Role[] | undefined): boolean {
  if (!item.roles || !roles || roles.includes("owner")) return true;
  return item.roles.some((role) => roles.includes(role));
}
