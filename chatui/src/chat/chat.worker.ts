import { systemClock } from "../stream/clock.ts";
import { Core } from "./core.ts";
import { HubCalls } from "./hubCalls.ts";
import type { PageSays, WorkerSays } from "./protocol.ts";
import { codeOf, type OpenChannel, type Spoken } from "./tabLink.ts";

// Group states, account key and device keys are in the clear only here, never on the page.

// The page's type for self has no postMessage of one argument.
const page = self as unknown as { postMessage(told: WorkerSays, move?: Transferable[]): void };

let core: Promise<Core> | null = null;

function openCore(user: string): Promise<Core> {
  return Core.open({
    user,
    hub: new HubCalls(),
    clock: systemClock,
    random: Math.random,
    channel: channelOf(user),
    line: {
      say: (message) => page.postMessage({ t: "say", message }),
      send: (frame) => page.postMessage({ t: "send", frame }, [frame]),
      notice: (notice) => page.postMessage({ t: "notice", notice }),
      settled: (room) => page.postMessage({ t: "settled", room }),
    },
    changed: (state) => page.postMessage({ t: "state", state }),
    timeline: (id, timeline) => page.postMessage({ t: "timeline", id, timeline }),
  });
}

function channelOf(user: string): OpenChannel {
  return (heard) => {
    const channel = new BroadcastChannel(`wardline-chat-${user}`);
    channel.onmessage = ({ data }: MessageEvent<Spoken>) => heard(data);
    return { say: (spoken) => channel.postMessage(spoken), close: () => channel.close() };
  };
}

async function obey(says: PageSays): Promise<unknown> {
  if (says.t === "open") {
    core = openCore(says.user);
    return core;
  }
  const open = await (core ?? Promise.reject(new Error("unavailable")));
  switch (says.t) {
    case "lead":
      return open.lead(says.device, says.name);
    case "call":
      return open.call(says.name, says.args);
    case "keep":
      return open.keep(says.items);
    case "heard":
      return open.heard(says.message);
    case "live":
      return open.live(says.live);
    case "timeline":
      return open.openTimeline(says.id, says.room);
    case "move":
      return open.move(says.id, says.to);
    case "closeTimeline":
      return open.closeTimeline(says.id);
  }
}

self.onmessage = async ({ data }: MessageEvent<PageSays>) => {
  try {
    const value = await obey(data);
    if ("no" in data) page.postMessage({ t: "done", no: data.no, value: value ?? null });
  } catch (error) {
    if ("no" in data) page.postMessage({ t: "failed", no: data.no, code: codeOf(error) });
  }
};
