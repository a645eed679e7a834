/**
 * on: woken by a push service; page: shown while a page of this browser is open;
 * denied: the browser was told never to; impossible: it cannot show any.
 */
export type PushState = "on" | "page" | "off" | "denied" | "impossible";

export async function pushState(offered: boolean): Promise<PushState> {
  if (!("Notification" in globalThis)) return "impossible";
  if (Notification.permission === "denied") return "denied";
  if (Notification.permission !== "granted") return "off";
  const registration = offered ? await navigator.serviceWorker?.getRegistration() : undefined;
  const subscription = await registration?.pushManager?.getSubscription().catch(() => null);
  return subscription ? "on" : "page";
}
