import type { Outcome } from "../alerts/actSender.ts";
import type { DoorState } from "../client/door.ts";
import type { Room } from "./messages.ts";
import type { StreamState } from "./stream.ts";

/**
 * TabMessage is what the tabs of one account say to each other. Plaintext never
 * travels here: the others read the changed records from the sealed store.
 */
export type TabMessage =
  | { t: "stored"; alerts: string[] }
  | { t: "broken" }
  | { t: "queue" }
  | { t: "stream"; state: StreamState }
  | { t: "rooms"; rooms: Room[] }
  | { t: "duty" }
  | { t: "outcome"; outcome: Outcome }
  /** The owner's answer to "who". */
  | { t: "owner"; device: { id: string; name: string }; clockOffset: number }
  /** What keeps this browser out, and that nothing does any more. */
  | { t: "door"; door: DoorState | null }
  /** To the owner: a device code, or "" to ask again for approval. */
  | { t: "knock"; code: string }
  /** A new tab asks the owner of the stream for its state. */
  | { t: "who" }
  /** To the owner: a card was on a visible screen of this tab. */
  | { t: "seen"; alert: string }
  /** To the owner: the user asks to connect now. */
  | { t: "nudge" };

export interface Tabs {
  say(message: TabMessage): void;
  close(): void;
}

export function joinTabs(name: string, heard: (message: TabMessage) => void): Tabs {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => heard(data);
  return {
    say: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
}
