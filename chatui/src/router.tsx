import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { ErrorState } from "@wardline/uikit/components/ErrorState.tsx";
import { PagePending } from "@wardline/uikit/components/PagePending.tsx";
import { NotFound } from "./shell/NotFound.tsx";
import { Root } from "./shell/Root.tsx";

const root = createRootRoute({ component: Root });

const at = () => root;

// Each page is its own chunk; the service worker has all of them before they are needed.
const routes = [
  createRoute({
    getParentRoute: at,
    path: "/",
    component: lazyRouteComponent(() => import("./features/rooms/RoomsPage.tsx"), "RoomsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/room/$id",
    component: lazyRouteComponent(() => import("./features/room/RoomPage.tsx"), "RoomPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/duty",
    component: lazyRouteComponent(() => import("./features/duty/DutyPage.tsx"), "DutyPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/settings",
    component: lazyRouteComponent(() => import("./features/settings/SettingsPage.tsx"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/activate",
    component: lazyRouteComponent(() => import("./features/activation/ActivationPage.tsx"), "ActivationPage"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  defaultPendingComponent: PagePending,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
