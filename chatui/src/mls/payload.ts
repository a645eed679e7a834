import { utf8, type Bytes } from "../seal/bytes.ts";
import { MlsError } from "./mlsError.ts";

interface Numbered {
  /** What a device sends to a room is numbered from 1 under a random run. */
  readonly run: string;
  readonly n: number;
}

export interface Text extends Numbered {
  readonly kind: "text";
  readonly text: string;
  readonly prio: 0 | 1 | 2;
}

export interface Confirm extends Numbered {
  readonly kind: "confirm";
  /** Id of an urgent message. */
  readonly ref: string;
}

export interface Info extends Numbered {
  readonly kind: "info";
  readonly title: string;
  /** Users, complete. */
  readonly members: readonly string[];
  /** Of the recorder only: it leads this room (chat.md, "Rooms of the house"). */
  readonly house?: true;
}

/** Unknown is of a newer client: kept, so that a newer version of this one can show it. */
export interface Unknown extends Numbered {
  readonly kind: "unknown";
  readonly raw: Bytes;
}

/** Payload is what is inside a message (chat.md). */
export type Payload = Text | Confirm | Info | Unknown;

/** Lengths are of UTF-16 code units, as String.length and maxLength count. */
export const limits = { text: 8_000, title: 120, members: 256, run: 64, bytes: 56 * 1024 } as const;

const version = 1;
const id = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const run = /^[0-9a-f]{8,64}$/;

/** newRun makes the random run of a device's numbering; make one when a room's state is new. */
export function newRun(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** encodePayload throws RangeError for what exceeds the limits: callers check input before. */
export function encodePayload(payload: Text | Confirm | Info): Bytes {
  const { kind, run, n, ...rest } = payload;
  const bytes = utf8(JSON.stringify({ v: version, t: kind, run, n, ...rest }));
  if (!read(bytes)) throw new RangeError("payload exceeds its limits");
  return bytes;
}

/** parsePayload throws MlsError format. */
export function parsePayload(bytes: Bytes): Payload {
  const found = read(bytes);
  if (!found) throw new MlsError("format", "payload");
  return found;
}

type Fields = Readonly<Record<string, unknown>>;

function read(bytes: Bytes): Payload | null {
  const fields = bytes.length <= limits.bytes ? fieldsOf(bytes) : null;
  const numbered = fields && numberedOf(fields);
  if (!fields || !numbered) return null;
  if (fields["v"] !== version || !(String(fields["t"]) in readers)) return { kind: "unknown", ...numbered, raw: bytes };
  return readers[fields["t"] as keyof typeof readers](fields, numbered);
}

function fieldsOf(bytes: Bytes): Fields | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function numberedOf({ run: found, n, t, v }: Fields): Numbered | null {
  const good = typeof found === "string" && run.test(found) && Number.isSafeInteger(n) && (n as number) >= 1;
  return good && typeof t === "string" && Number.isSafeInteger(v) ? { run: found, n: n as number } : null;
}

const readers = Object.assign(Object.create(null) as object, {
  text({ text, prio }: Fields, numbered: Numbered): Text | null {
    if (!isText(text, 1, limits.text) || (prio !== 0 && prio !== 1 && prio !== 2)) return null;
    return { kind: "text", ...numbered, text, prio };
  },
  confirm({ ref }: Fields, numbered: Numbered): Confirm | null {
    return typeof ref === "string" && id.test(ref) ? { kind: "confirm", ...numbered, ref } : null;
  },
  info({ title, members, house }: Fields, numbered: Numbered): Info | null {
    if (!isText(title, 0, limits.title) || !areUsers(members)) return null;
    return { kind: "info", ...numbered, title, members: [...new Set(members)], ...(house === true ? { house } : {}) };
  },
});

/** Lone surrogates are refused: UTF-8 cannot carry them, so two devices would see different texts. */
function isText(value: unknown, least: number, most: number): value is string {
  return typeof value === "string" && value.length >= least && value.length <= most && !/\p{Surrogate}/u.test(value);
}

function areUsers(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= limits.members &&
    value.every((one) => typeof one === "string" && id.test(one))
  );
}
