import { fromBase64, type Bytes } from "../seal/bytes.ts";

/** Item is one entry of a room's log as this device gets it; body is still sealed. */
export interface Item {
  readonly room: string;
  /** Counts up within the room. What is missing between two was not for this device. */
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  /** For kind "alert": the alert's id. */
  readonly ref: string;
  readonly at: string;
  /** Of conversations: who sent it, from which device ("" for a line), in which epoch, how important. */
  readonly user: string;
  readonly from: string;
  readonly epoch: number;
  readonly prio: number;
  /** The commit that added this device; it joins by the Welcome instead. */
  readonly welcome: boolean;
  readonly kek: Bytes;
  readonly enc: Bytes;
  readonly row: Bytes;
  readonly body: Bytes;
}

/** ItemJson is an item in an answer of GET /rooms/{id}/items. */
export interface ItemJson {
  room: string;
  seq: number;
  id: string;
  kind: string;
  ref: string;
  at: string;
  user?: string;
  from?: string;
  epoch?: number;
  prio?: number;
  welcome?: boolean;
  body: string;
  kek?: string;
  enc?: string;
  row?: string;
}

type Header = Omit<Item, "kek" | "enc" | "row" | "body"> & { kek: string };

const itemFrame = 0x01;

function headerOf(value: unknown): Header {
  const { room, seq, id, kind, ref, at, kek = "", ...more } = (value ?? {}) as Record<string, unknown>;
  const named = [room, id, kind, at, kek].every((field) => typeof field === "string");
  if (!named || typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1) {
    throw new Error("item header is not complete");
  }
  return { room, seq, id, kind, ref: ref ?? "", at, kek, ...talkOf(more) } as Header;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0);

// An alert has none of these.
function talkOf({ user, from, epoch, prio, welcome }: Record<string, unknown>): Pick<Item, "user" | "from" | "epoch" | "prio" | "welcome"> {
  return { user: text(user), from: text(from), epoch: count(epoch), prio: count(prio), welcome: welcome === true };
}

/**
 * decodeItem reads a binary frame: 0x01, length and bytes of a JSON header,
 * length and bytes of enc and of row (all lengths big-endian), then the body.
 */
export function decodeItem(frame: ArrayBuffer): Item {
  const bytes = new Uint8Array(frame);
  const view = new DataView(frame);
  let at = 1;
  const take = (length: number): Bytes => {
    if (at + length > bytes.length) throw new Error("item frame ends early");
    at += length;
    return bytes.slice(at - length, at);
  };
  if (bytes[0] !== itemFrame) throw new Error("not an item frame");
  const long = view.getUint32((at += 4) - 4);
  const header = headerOf(JSON.parse(new TextDecoder().decode(take(long))));
  const enc = take(view.getUint16((at += 2) - 2));
  const row = take(view.getUint16((at += 2) - 2));
  return { ...header, kek: fromBase64(header.kek), enc, row, body: bytes.slice(at) };
}

/** itemOf reads an item of a REST answer. */
export function itemOf(json: ItemJson): Item {
  return {
    ...headerOf(json),
    kek: fromBase64(json.kek ?? ""),
    enc: fromBase64(json.enc ?? ""),
    row: fromBase64(json.row ?? ""),
    body: fromBase64(json.body),
  };
}

const talkKinds = new Set(["msg", "commit", "line"]);

/** isTalk tells what belongs to conversations; a room holds either these or alerts, never both. */
export function isTalk({ kind }: Item): boolean {
  return talkKinds.has(kind);
}

const sendFrame = 0x02;

/** encodeSend makes the binary frame of one message: 0x02, length and bytes of a JSON header, the message. */
export function encodeSend(header: { room: string; id: string; epoch: number; prio: number }, body: Uint8Array): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(5 + json.length + body.length);
  frame[0] = sendFrame;
  new DataView(frame.buffer).setUint32(1, json.length);
  frame.set(json, 5);
  frame.set(body, 5 + json.length);
  return frame.buffer;
}
