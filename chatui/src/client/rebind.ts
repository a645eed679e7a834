import type { Probe } from "../stream/stream.ts";
import * as hub from "./hub.ts";

/**
 * probing asks for the hub and, when it is there but does not let the stream in
 * twice in a row, binds the session to this device again: a session that began
 * in an outage may have missed that.
 */
export function probing(device: string, live: () => boolean): () => Promise<Probe> {
  let refused = 0;
  return async () => {
    const found = await hub.probe();
    refused = found === "here" && !live() ? refused + 1 : 0;
    if (refused >= 2) await hub.attachDevice(device).catch(() => null);
    return found;
  };
}
