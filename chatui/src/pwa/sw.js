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
