import { useBoard } from "../auth/ClientProvider.tsx";

export type ConnectionState = "live" | "opening" | "lost" | "replaced";

/** useConnection says whether alarms reach this device; `since` is when that changed (epoch ms). */
export function useConnection(): { state: ConnectionState; since: number } {
  const stream = useBoard("stream");
  const loaded = useBoard("loaded");
  if (!stream) return { state: loaded ? "lost" : "opening", since: performance.timeOrigin };
  const { phase, since, end } = stream;
  if (phase === "live") return { state: "live", since };
  return { state: end === "replaced" ? "replaced" : "lost", since };
}
