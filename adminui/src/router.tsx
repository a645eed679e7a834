import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { NotFound } from "./shell/NotFound.tsx";
import { Root } from "./shell/Root.tsx";

type Search = Record<string, string | undefined>;

const root = createRootRoute({
  component: Root,
  // Filters are text; pages read what they know and ignore the rest.
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)])),
});

const at = () => root;

// Each page is its own chunk: one line per page, and one in shell/navigation.ts.
const routes = [
  createRoute({
    getParentRoute: at,
    path: "/",
    component: lazyRouteComponent(() => import("./features/overview/OverviewPage.tsx"), "OverviewPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/connectors",
    component: lazyRouteComponent(() => import("./features/connectors/ConnectorsPage.tsx"), "ConnectorsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/messages",
    component: lazyRouteComponent(() => import("./features/messages/MessagesPage.tsx"), "MessagesPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/persons",
    component: lazyRouteComponent(() => import("./features/persons/PersonsPage.tsx"), "PersonsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/units",
    component: lazyRouteComponent(() => import("./features/units/UnitsPage.tsx"), "UnitsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/plans",
    component: lazyRouteComponent(() => import("./features/plans/PlansPage.tsx"), "PlansPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/rules",
    component: lazyRouteComponent(() => import("./features/rules/RulesPage.tsx"), "RulesPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/board",
    component: lazyRouteComponent(() => import("./features/board/BoardPage.tsx"), "BoardPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/chat",
    component: lazyRouteComponent(() => import("./features/chat/ChatHealthPage.tsx"), "ChatHealthPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/audit",
    component: lazyRouteComponent(() => import("./features/audit/AuditPage.tsx"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/connectors/new",
    component: lazyRouteComponent(() => import("./features/connectors/NewConnectorPage.tsx"), "NewConnectorPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/connectors/$id",
    component: lazyRouteComponent(() => import("./features/connectors/ConnectorPage.tsx"), "ConnectorPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/messages/$id",
    component: lazyRouteComponent(() => import("./features/messages/MessagePage.tsx"), "MessagePage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/persons/$id",
    component: lazyRouteComponent(() => import("./features/persons/PersonPage.tsx"), "PersonPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/plans/$id",
    component: lazyRouteComponent(() => import("./features/plans/PlanPage.tsx"), "PlanPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/runs",
    component: lazyRouteComponent(() => import("./features/runs/RunsPage.tsx"), "RunsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/runs/$id",
    component: lazyRouteComponent(() => import("./features/runs/RunPage.tsx"), "RunPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/conflicts",
    component: lazyRouteComponent(() => import("./features/conflicts/ConflictsPage.tsx"), "ConflictsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/precedence",
    component: lazyRouteComponent(() => import("./features/precedence/PrecedencePage.tsx"), "PrecedencePage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/imports",
    component: lazyRouteComponent(() => import("./features/imports/ImportPage.tsx"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/groups",
    component: lazyRouteComponent(() => import("./features/groups/GroupsPage.tsx"), "GroupsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/groups/$id",
    component: lazyRouteComponent(() => import("./features/groups/GroupPage.tsx"), "GroupPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/rosters",
    component: lazyRouteComponent(() => import("./features/rosters/RostersPage.tsx"), "RostersPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/password",
    component: lazyRouteComponent(() => import("./features/password/PasswordPage.tsx"), "PasswordPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/access",
    component: lazyRouteComponent(() => import("./features/access/OwnAccessPage.tsx"), "OwnAccessPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/devices",
    component: lazyRouteComponent(() => import("./features/access/WaitingPage.tsx"), "WaitingPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/policy",
    component: lazyRouteComponent(() => import("./features/policy/PolicyPage.tsx"), "PolicyPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/contacts",
    component: lazyRouteComponent(() => import("./features/contacts/ContactsPage.tsx"), "ContactsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/letters",
    component: lazyRouteComponent(() => import("./features/letters/LettersPage.tsx"), "LettersPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/setup",
    component: lazyRouteComponent(() => import("./features/setup/SetupPage.tsx"), "SetupPage"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  // Plain text in the address: a control id of 007 must not become the number 7.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
  defaultPendingComponent: PagePending,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
