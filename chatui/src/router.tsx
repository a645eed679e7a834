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

const chat = createRoute({
  getParentRoute: at,
  path: "/chat/$id",
  component: lazyRouteComponent(() => import("./features/chat/ChatPage.tsx"), "ChatPage"),
});

const inChat = () => chat;

// What stands beside a conversation, or over it where there is no room.
const sides = [
  createRoute({
    getParentRoute: inChat,
    path: "/details",
    component: lazyRouteComponent(() => import("./features/details/DetailsPage.tsx"), "DetailsPage"),
  }),
  createRoute({
    getParentRoute: inChat,
    path: "/add",
    component: lazyRouteComponent(() => import("./features/details/AddMembersPage.tsx"), "AddMembersPage"),
  }),
  createRoute({
    getParentRoute: inChat,
    path: "/safety/$user",
    component: lazyRouteComponent(() => import("./features/details/SafetyPage.tsx"), "SafetyPage"),
  }),
];

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
  chat.addChildren(sides),
  createRoute({
    getParentRoute: at,
    path: "/new",
    component: lazyRouteComponent(() => import("./features/people/NewChatPage.tsx"), "NewChatPage"),
  }),
  createRoute({
    getParentRoute: at,
    path: "/link",
    component: lazyRouteComponent(() => import("./features/linking/LinkPage.tsx"), "LinkPage"),
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
  createRoute({
    getParentRoute: at,
    path: "/join",
    component: lazyRouteComponent(() => import("./features/activation/JoinPage.tsx"), "JoinPage"),
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
