import { emptyState, type PageSays, type WorkerSays } from "./protocol.ts";

// The page's type for self has no postMessage of one argument.
const page = self as unknown as { postMessage(told: WorkerSays): void };

self.onmessage = ({ data }: MessageEvent<PageSays>) => {
  if (data.t === "open") page.postMessage({ t: "state", state: emptyState });
  if ("no" in data) page.postMessage({ t: "failed", no: data.no, code: "unavailable" });
};
