import i18next from "i18next";
import type { Notice } from "./protocol.ts";

const tagOf = (room: string): string => `room/${room}`;
const visibleLock = (user: string): string => `wardline-visible-${user}`;

/**
 * holdVisible tells the other tabs that this one is on screen, by a shared lock
 * for as long as it is: a tab that is closed or killed gives it back by itself.
 */
export function holdVisible(user: string, signal: AbortSignal): void {
  let release: (() => void) | null = null;
  const follow = (): void => {
    const visible = document.visibilityState === "visible" && !signal.aborted;
    if (visible === (release !== null)) return;
    if (!visible) {
      release?.();
      release = null;
      return;
    }
    const hidden = new Promise<void>((resolve) => (release = resolve));
    void navigator.locks.request(visibleLock(user), { mode: "shared" }, () => hidden);
  };
  follow();
  document.addEventListener("visibilitychange", follow, { signal });
  signal.addEventListener("abort", follow, { once: true });
}

async function anyVisible(user: string): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return held?.some(({ name }) => name === visibleLock(user)) ?? false;
}

/** showNotice shows a notification without content, unless a tab of the account is on screen. */
export async function showNotice(user: string, { room, urgent }: Notice, open: (room: string) => void): Promise<void> {
  if (!("Notification" in globalThis) || Notification.permission !== "granted" || (await anyVisible(user))) return;
  const title = i18next.t(urgent ? "urgent" : "message", { ns: "notices" });
  const options = { tag: tagOf(room), data: { room }, requireInteraction: urgent, icon: "/icon-192.png" };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration) return registration.showNotification(title, options);
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    open(room);
    shown.close();
  };
}

/** clearNotices removes what was shown of a room that is read, here or on another device. */
export async function clearNotices(room: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const shown = (await registration?.getNotifications({ tag: tagOf(room) })) ?? [];
  for (const notification of shown) notification.close();
}

/** onNoticeOpened hears from the service worker that a notification was tapped. */
export function onNoticeOpened(signal: AbortSignal, open: (room: string) => void): void {
  const heard = ({ data }: MessageEvent<{ open?: unknown }>): void => {
    if (typeof data?.open === "string") open(data.open);
  };
  navigator.serviceWorker?.addEventListener("message", heard, { signal });
}
