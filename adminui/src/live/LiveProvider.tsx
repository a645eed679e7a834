import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { allChanges, changesIn, staleKeys } from "./keys.ts";

const pollEvery = 5_000;
// After a loss the next try comes within this many ms; longer after each failure.
const firstRetry = 1_000;
const lastRetry = 30_000;

const LiveContext = createContext(false);

function refresh(queries: QueryClient, what: readonly string[]): void {
  for (const key of staleKeys(what)) void queries.invalidateQueries({ queryKey: [key] });
}

/** watch keeps one socket open until it is stopped. */
function watch(queries: QueryClient, report: (open: boolean) => void): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let stopped = false;

  const connect = (): void => {
    const address = window.location.origin.replace(/^http/, "ws");
    socket = new WebSocket(`${address}/api/v1/live`);
    socket.onopen = () => {
      failures = 0;
      report(true);
      // Whatever happened while nobody listened.
      refresh(queries, allChanges);
    };
    socket.onmessage = (message) => refresh(queries, changesIn(message.data));
    socket.onclose = () => {
      if (stopped) return;
      report(false);
      const wait = Math.min(firstRetry * 2 ** failures++, lastRetry);
      timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
    };
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
  };
}

/**
 * LiveProvider reads again what the hub says has changed, and everything every five
 * seconds while the socket is down.
 */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => watch(queries, setLive), [queries]);
  useEffect(() => {
    if (live) return;
    const timer = setInterval(() => refresh(queries, allChanges), pollEvery);
    return () => clearInterval(timer);
  }, [live, queries]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** useLive is whether changes arrive by themselves at once. */
export function useLive(): boolean {
  return use(LiveContext);
}
