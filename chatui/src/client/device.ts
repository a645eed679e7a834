import { ApiError } from "@wardline/uikit/api/problem.ts";
import type { NewKeys } from "../seal/protocol.ts";
import type { Sealer } from "../seal/client.ts";
import type { Database, DeviceRecord } from "../store/schema.ts";
import type { Bytes } from "../seal/bytes.ts";
import { backoff } from "../stream/backoff.ts";
import type { Door, Fault, Why } from "./door.ts";
import type { RegisteredDevice } from "./paths.ts";

/** Registry is the hub's side of devices. */
export interface Registry {
  /** null: this clinic lets in only browsers that show a good device code; "" is none. */
  register(name: string, kem: Bytes, sign: Bytes, code: string): Promise<RegisteredDevice | null>;
  /** null: revoked, refused or unknown. */
  attach(id: string): Promise<RegisteredDevice | "waiting" | null>;
}

const recordName = "device";

interface Asked {
  database: Database;
  sealer: Sealer;
  registry: Registry;
  /** Where the person waits, or types a code, if the hub does not let this browser in. */
  door: Door;
  user: string;
  /** What the person sees in the list of devices; used when there is none yet. */
  name: string;
  signal: AbortSignal;
  /** The device this browser has been is no device any more: what it has kept must go, before another one is made. */
  revoked(): Promise<void>;
  /** An attempt has failed; the next one follows. */
  failed(): void;
}

/**
 * awaitDevice gives this browser its place among the account's devices: the one
 * it has had, or new keys and a new device where there is none or it was revoked.
 * Without a network the known one has to do. null: the signal has aborted.
 */
export async function awaitDevice(asked: Asked): Promise<DeviceRecord | null> {
  const { database, sealer, user, signal, door, failed } = asked;
  let why: Why = "managed";
  let code = "";
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const place = await ensureDevice(asked, code);
      if (place && typeof place !== "string") return place;
      why = place ?? why;
      code = await door.wait(why, code ? "wrong" : null, signal);
    } catch (error) {
      if (signal.aborted) break;
      if (code) {
        code = await door.wait(why, faultOf(error), signal);
        continue;
      }
      const known = await database.get("device", recordName);
      if (known && !known.waiting && (await sealer.load(user))) return known;
      failed();
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt, Math.random)));
    }
  }
  return null;
}

function faultOf(error: unknown): Fault {
  const code = error instanceof ApiError ? error.problem.code : undefined;
  return code === "too_many" || code === "slow_down" ? code : "failed";
}

/** ensureDevice gives the device, or what keeps this browser from being one; null: it has no good code. */
async function ensureDevice(asked: Asked, code: string): Promise<DeviceRecord | Why | null> {
  const { database, sealer, registry, user, revoked } = asked;
  const old = await database.get("device", recordName);
  if (!old) return enrol(asked, await sealer.generate(user), code);
  const attached = await registry.attach(old.id);
  if (attached === "waiting") return code ? enrol(asked, old, code) : keepWaiting(database, old);
  if (attached) return settle(asked, withHubKey(old, attached));
  if (old.waiting) {
    await database.delete("device", recordName);
    return "refused";
  }
  await revoked();
  return enrol(asked, await sealer.generate(user), code);
}

async function enrol(asked: Asked, keys: NewKeys, code: string): Promise<DeviceRecord | Why | null> {
  const { database, registry, name } = asked;
  const made = await registry.register(name, keys.kemPublic, keys.signPublic, code);
  if (!made) return null;
  const { kemPublic, kemPrivate, signPublic, signPrivate } = keys;
  const record = withHubKey({ kemPublic, kemPrivate, signPublic, signPrivate, id: made.device_id, name, hubKeys: {} }, made);
  return made.state === "waiting" ? keepWaiting(database, record) : settle(asked, record);
}

// The keys stay: it is they that somebody says yes to.
async function keepWaiting(database: Database, record: DeviceRecord): Promise<Why> {
  await database.put("device", { ...record, waiting: true }, recordName);
  return "waiting";
}

async function settle({ database, sealer, user }: Asked, record: DeviceRecord): Promise<DeviceRecord> {
  await database.put("device", record, recordName);
  await sealer.load(user);
  return record;
}

// Earlier keys stay: what was sealed under them is still on the way or in the log.
function withHubKey({ waiting: _, ...record }: DeviceRecord, { hub_key_id, hub_sign_public }: RegisteredDevice): DeviceRecord {
  return { ...record, hubKeys: { ...record.hubKeys, [hub_key_id]: hub_sign_public } };
}

/** deviceName is what the person sees in the list of devices: "Chrome, Android". */
export function deviceName(agent: string): string {
  const browsers = [
    ["Edg/", "Edge"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
  ] as const;
  const systems = ["Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux"] as const;
  const browser = browsers.find(([mark]) => agent.includes(mark))?.[1] ?? "Browser";
  const system = systems.find((mark) => agent.includes(mark));
  return system ? `${browser}, ${system === "Macintosh" ? "macOS" : system}` : browser;
}
