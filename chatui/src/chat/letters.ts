import { fromBase64, toBase64 } from "../seal/bytes.ts";
import { roleOf } from "./lines.ts";
import type { Priority } from "./model.ts";
import type { Row, What } from "./records.ts";

// Rows as they travel in `history` and `give` mail and in the backup. Broken ones stay at home.

export type Sent = Omit<Row, "restoredBy">;

const encoder = new TextEncoder();

export const sendable = ({ what }: Row): boolean => what.kind !== "broken";

export function sentOf({ restoredBy: _mine, ...row }: Row): Sent {
  return row;
}

export const sizeOf = (row: Sent): number => encoder.encode(JSON.stringify(row)).length + 1;

/** parcels cuts rows, in their order, into lots of at most `limit` bytes. */
export function parcels(rows: readonly Row[], limit: number): Sent[][] {
  const lots: Sent[][] = [];
  let left = 0;
  for (const row of rows.filter(sendable).map(sentOf)) {
    const size = sizeOf(row);
    if (size > left || lots.length === 0) {
      lots.push([]);
      left = limit;
    }
    lots.at(-1)?.push(row);
    left -= size;
  }
  return lots;
}

/** rowsOf reads what another device has sent; what is not understood is left out. */
export function rowsOf(value: unknown): Row[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => rowOf(one as Fields) ?? []);
}

type Fields = Record<string, unknown>;

const isText = (value: unknown): value is string => typeof value === "string";

function rowOf(value: Fields | null): Row | null {
  const { room, seq, id, at, user, from, what } = value ?? {};
  if (![room, id, at, user, from].every(isText) || !Number.isSafeInteger(seq) || (seq as number) < 1) return null;
  const found = whatOf((what ?? {}) as Fields);
  return found && ({ room, seq, id, at, user, from, restoredBy: null, what: found } as Row);
}

function whatOf(what: Fields): What | null {
  switch (what["kind"]) {
    case "text":
      return isText(what["text"]) ? { kind: "text", text: what["text"], prio: prioOf(what["prio"]) } : null;
    case "confirm":
      return isText(what["ref"]) ? { kind: "confirm", ref: what["ref"] } : null;
    case "info":
      return isText(what["title"]) ? { kind: "info", title: what["title"], members: textsOf(what["members"]), shown: what["shown"] === true } : null;
    case "unknown":
      return isText(what["raw"]) ? { kind: "unknown", raw: toBase64(fromBase64(what["raw"])) } : null;
    case "devices":
      return { kind: "devices", users: textsOf(what["users"]) };
    case "line": {
      const act = (["created", "added", "removed", "left", "role"] as const).find((one) => one === what["act"]);
      return act ? { kind: "line", act, users: textsOf(what["users"]), role: roleOf(what["role"]) } : null;
    }
    default:
      return null;
  }
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText).slice(0, 256) : []);

function prioOf(value: unknown): Priority {
  return value === 1 || value === 2 ? value : 0;
}
