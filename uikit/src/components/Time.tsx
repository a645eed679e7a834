import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { absoluteTime, refreshAfter, relativeTime } from "./timeText.ts";

interface Props {
  /** RFC 3339, as the API sends it. */
  at: string | Date;
  /** Relative texts keep themselves current. */
  format?: "relative" | "absolute";
}

function useNow(at: Date, active: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setNow(new Date()), refreshAfter(at, now));
    return () => clearTimeout(timer);
  }, [at, now, active]);
  return now;
}

/** Time shows a moment; the other form is in its tooltip. */
export function Time({ at, format = "relative" }: Props) {
  const { i18n } = useTranslation("ui");
  const moment = typeof at === "string" ? new Date(at) : at;
  const now = useNow(moment, format === "relative");
  if (Number.isNaN(moment.getTime())) return <span>–</span>;
  const relative = relativeTime(moment, now, i18n.language);
  const absolute = absoluteTime(moment, i18n.language);
  return (
    <time
      dateTime={moment.toISOString()}
      title={format === "relative" ? absolute : relative}
      className="wl-tabular"
    >
      {format === "relative" ? relative : absolute}
    </time>
  );
}
