import { useEffect, useState } from "react";
import { clock } from "./order.ts";

function useNow(active: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

interface Props {
  since: string;
  /** When it ended; ticking until then. */
  until?: string | undefined;
}

/** Elapsed is how long an alert has been there. Silent to screen readers, or it would never stop. */
export function Elapsed({ since, until }: Props) {
  const now = useNow(!until);
  const end = until ? Date.parse(until) : now;
  return (
    <span className="wl-tabular" role="timer" aria-live="off">
      {clock(end - Date.parse(since))}
    </span>
  );
}
