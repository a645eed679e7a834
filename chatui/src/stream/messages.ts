/** Room is a room as the server lists it. */
export interface Room {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly unit: { readonly id: string; readonly code: string; readonly name: string };
  readonly last_seq: number;
  readonly peer?: { readonly id: string; readonly name: string };
  readonly alert?: string;
}

/** Cursors is how far this device has stored, by room. */
export type Cursors = Readonly<Record<string, number>>;

export type ClientMessage =
  | { t: "hello"; device: string; cursor: Cursors }
  | { t: "ack"; room: string; seq: number }
  | { t: "seen"; alert: string }
  | { t: "read"; room: string; seq: number }
  /** "" watches none. */
  | { t: "watch"; room: string };

export interface Receipt {
  readonly user: string;
  readonly delivered: number;
  readonly read: number;
}

/** TalkMessage is what the hub says about conversations. */
export type TalkMessage =
  | { t: "sent"; id: string; room: string; seq: number; at: string }
  | { t: "refused"; id: string; room: string; code: string }
  /** Read on another own device. */
  | { t: "read"; room: string; seq: number }
  | { t: "receipts"; room: string; items: Receipt[] }
  | { t: "log"; user: string }
  | { t: "mail" | "packages" };

/** What ends a stream for good; after "restart" the same stream is opened again. */
export type ByeCode = "locked" | "revoked" | "expired" | "replaced" | "restart";

export type ServerMessage =
  | { t: "welcome"; server_time: string; rooms: Room[] }
  | TalkMessage
  | { t: "ready" | "duty" | "rooms" | "beat" }
  | { t: "bye"; code: ByeCode }
  | { t: "error"; code: string };

const talk = ["sent", "refused", "read", "receipts", "mail", "log", "packages"];
const kinds = new Set(["welcome", "ready", "duty", "rooms", "beat", "bye", "error", ...talk]);

/** parseMessage gives null for what a newer server may say and this build does not know. */
export function parseMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { t } = (value ?? {}) as { t?: unknown };
  if (typeof t !== "string" || !kinds.has(t)) return null;
  return value as ServerMessage;
}

// The close codes say the same as the bye frame, for when that did not arrive.
const byCloseCode: Readonly<Record<number, ByeCode>> = {
  4001: "locked",
  4002: "revoked",
  4003: "expired",
  4004: "replaced",
  4005: "restart",
};

export function byeOfClose(code: number): ByeCode | null {
  return byCloseCode[code] ?? null;
}
