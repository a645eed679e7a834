import type { NewKeys } from "../seal/protocol.ts";
import type { Sealer } from "../seal/client.ts";
import type { Database, DeviceRecord } from "../store/schema.ts";
import type { Bytes } from "../seal/bytes.ts";
import { backoff } from "../stream/backoff.ts";
import type { RegisteredDevice } from "./paths.ts";

/** Registry is the hub's side of devices. */
export interface Registry {
  register(name: string, kem: Bytes, sign: Bytes): Promise<RegisteredDevice>;
  /** null: revoked or unknown. */
  attach(id: string): Promise<RegisteredDevice | null>;
}

const recordName = "device";

interface Asked {
  database: Database;
  sealer: Sealer;
  registry: Registry;
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
  const { database, sealer, user, signal, failed } = asked;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await ensureDevice(asked);
    } catch {
      if (signal.aborted) break;
      const known = await database.get("device", recordName);
      if (known && (await sealer.load(user))) return known;
      failed();
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt, Math.random)));
    }
  }
  return null;
}

async function ensureDevice({ database, sealer, registry, user, name, revoked }: Asked): Promise<DeviceRecord> {
  const old = await database.get("device", recordName);
  const attached = old ? await registry.attach(old.id) : null;
  if (old && !attached) await revoked();
  const record = old && attached ? withHubKey(old, attached) : await enrol(sealer, registry, user, name);
  await database.put("device", record, recordName);
  await sealer.load(user);
  return record;
}

async function enrol(sealer: Sealer, registry: Registry, user: string, name: string): Promise<DeviceRecord> {
  const keys: NewKeys = await sealer.generate(user);
  const device = await registry.register(name, keys.kemPublic, keys.signPublic);
  return withHubKey({ ...keys, id: device.device_id, name, hubKeys: {} }, device);
}

// Earlier keys stay: what was sealed under them is still on the way or in the log.
function withHubKey(record: DeviceRecord, { hub_key_id, hub_sign_public }: RegisteredDevice): DeviceRecord {
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
