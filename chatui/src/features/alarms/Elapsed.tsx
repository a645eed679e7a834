import { useTranslation } from "react-i18next";
import { useHubSeconds } from "./useAlarms.ts";

/** elapsed: "2:05" and, from an hour on, "1:02:05". A clock a little ahead shows 0:00. */
export function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Elapsed ticks: how long somebody has been waiting. Screen readers get no tick. */
export function Elapsed({ since }: { since: string }) {
  const { t } = useTranslation("alarms");
  const now = useHubSeconds();
  const from = Date.parse(since) / 1_000;
  if (Number.isNaN(from)) return null;
  return (
    <time className="wl-tabular" dateTime={since} role="timer" aria-live="off">
      {t("since", { time: elapsed(now - from) })}
    </time>
  );
}
