import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSoundState } from "./soundState.ts";
import type { Alarms } from "./useAlarms.ts";

/** The title says how many wait; never who or where, since anybody may look at a taskbar. */
function useTitle({ asking, brokenRings }: Alarms): void {
  const { t } = useTranslation("alarms");
  const count = asking.length + (brokenRings ? 1 : 0);
  useEffect(() => {
    document.title = count > 0 ? `(${count}) ${t("title", { count })} – Wardline` : "Wardline";
    // Installed as an app, the icon shows it as well.
    const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    badge?.catch(() => undefined);
  }, [count, t]);
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
