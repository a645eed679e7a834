/**
 * registerServiceWorker makes the app open without a network. onUpdate is called
 * when a newer build is ready; its argument switches to it and reloads.
 */
export async function registerServiceWorker(onUpdate: (apply: () => void) => void): Promise<void> {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  const registration = await navigator.serviceWorker.register("/sw.js");
  const offer = (worker: ServiceWorker | null): void => {
    // Without a controller this is the first installation, not an update.
    if (!worker || !navigator.serviceWorker.controller) return;
    onUpdate(() => switchTo(worker));
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed") offer(worker);
    });
  });
}

function switchTo(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), {
    once: true,
  });
  worker.postMessage("activate");
}
