// The service worker keeps the pages of one build, so that the app opens without
// a network. It never touches /api: what the server says is never cached here.
// The build fills in version and list (chatui/build/precache.ts).
const cacheName = `wardline-${"__VERSION__"}`;
const files = ["__FILES__"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)));
});

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

// A new build waits until the page says so: never under somebody's typing.
self.addEventListener("message", (event) => {
  if (event.data === "activate") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/api/")) return;
  const stored = caches.match(request.mode === "navigate" ? "/" : request);
  event.respondWith(stored.then((hit) => hit ?? fetch(request)));
});

// A push has no content: it only says that there is something. The words are the clinic's
// language unless the browser speaks another; the page's own choice is not known here.
const words = navigator.language.startsWith("en") ? { title: "Wardline", body: "New message" } : { title: "Wardline", body: "Neue Nachricht" };

async function wake() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  // On screen the page shows by itself what has come, and a notification would only be in the way.
  if (pages.some((page) => page.visibilityState === "visible")) return;
  await self.registration.showNotification(words.title, { body: words.body, tag: "wake", icon: "/icon-192.png" });
}

self.addEventListener("push", (event) => event.waitUntil(wake()));

/** A tap goes to a window that is open, and only without one opens another. */
async function show(room) {
  const [page] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) return self.clients.openWindow(room ? `/chat/${room}` : "/");
  await page.focus();
  if (room) page.postMessage({ open: room });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.room));
});
