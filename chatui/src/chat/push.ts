import { toBase64 } from "../seal/bytes.ts";

async function call(method: "PUT" | "DELETE", body?: unknown): Promise<boolean> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body) Object.assign(init, { body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return (await fetch("/api/v1/push", init)).ok;
}

function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const raw = atob(key.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

const halfOf = (subscription: PushSubscription, name: PushEncryptionKeyName): string => {
  const key = subscription.getKey(name);
  return key ? toBase64(new Uint8Array(key)) : "";
};

/** enablePush asks the person and subscribes; false: not possible here, or the person said no. */
export async function enablePush(hubKey: string | null): Promise<boolean> {
  if (!("Notification" in globalThis) || (await Notification.requestPermission()) !== "granted") return false;
  const registration = await navigator.serviceWorker?.getRegistration();
  // Without a push service notifications still come while a tab is open.
  if (!registration?.pushManager || !hubKey) return true;
  try {
    const options = { userVisibleOnly: true, applicationServerKey: keyBytes(hubKey) };
    const subscription = await registration.pushManager.subscribe(options);
    const { endpoint } = subscription;
    return await call("PUT", { endpoint, p256dh: halfOf(subscription, "p256dh"), auth: halfOf(subscription, "auth") });
  } catch {
    return true;
  }
}

export async function disablePush(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
  await call("DELETE");
}
