import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useChat } from "../../chat/useChat.ts";
import { unreadOf } from "../rooms/listRows.ts";
import { useSoundState } from "./soundState.ts";
import type { Alarms } from "./useAlarms.ts";

/** The title says how many wait; never who or where, since anybody may look at a taskbar. Calls go before messages. */
function useTitle({ asking, brokenRings }: Alarms): void {
  const { t } = useTranslation("alarms");
  const calls = asking.length + (brokenRings ? 1 : 0);
  const unread = unreadOf(useChat((state) => state.chats));
  useEffect(() => {
    const count = calls > 0 ? calls : unread;
    const what = calls > 0 ? `${t("title", { count })} – ` : "";
    document.title = count > 0 ? `(${count}) ${what}Wardline` : "Wardline";
  }, [calls, unread, t]);
  useEffect(() => {
    // Installed as an app, the icon shows it as well.
    const count = calls + unread;
    const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    badge?.catch(() => undefined);
  }, [calls, unread]);
  useEffect(
    () => () => {
      document.title = "Wardline";
    },
    [],
  );
}

/** A phone whose screen goes dark may stop the page: it stays lit while the page is in front. */
function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const take = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      lock = await navigator.wakeLock.request("screen").catch(() => null);
      if (over) await lock?.release();
    };
    void take();
    document.addEventListener("visibilitychange", take);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, [wanted]);
}

export function usePageSigns(alarms: Alarms): void {
  useTitle(alarms);
  useWakeLock(useSoundState() === "ready");
}
