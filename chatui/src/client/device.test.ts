// @vitest-environment node
import "fake-indexeddb/auto";
import { expect, it, vi } from "vitest";
import type { Sealer } from "../seal/client.ts";
import { emptyDatabase, openDatabase, type DeviceRecord } from "../store/schema.ts";
import { openVault } from "../store/vault.ts";
import { awaitDevice } from "./device.ts";

const sealed = { iv: new Uint8Array(12), data: new Uint8Array(1) };
const keys = { kemPublic: new Uint8Array(1), kemPrivate: sealed, signPublic: new Uint8Array(1), signPrivate: sealed };
const old: DeviceRecord = { id: "old", name: "Chrome", hubKeys: {}, ...keys };
const registered = { device_id: "new", hub_sign_public: "AA==", hub_key_id: "AA==" };

it.each([
  ["known to the hub: nothing goes", true, "old", 1],
  ["revoked: what it has kept goes before a new device is made", false, "new", 0],
])("a device %s", async (_name, known, id, left) => {
  const database = await openDatabase(`user-${String(known)}`);
  await openVault(database);
  await database.put("device", old, "device");
  await database.put("cursors", 7, "room");
  const sealer = { generate: () => Promise.resolve(keys), load: () => Promise.resolve(true) } as unknown as Sealer;
  const register = vi.fn(async () => {
    expect(await database.count("cursors")).toBe(0);
    return registered;
  });
  const attach = async () => (known ? { ...registered, device_id: "old" } : null);
  const asked = { database, sealer, registry: { register, attach }, user: "u", name: "Chrome", signal: new AbortController().signal, failed: () => undefined };
  const device = await awaitDevice({ ...asked, revoked: () => emptyDatabase(database) });
  expect(device?.id).toBe(id);
  expect(await database.count("cursors")).toBe(left);
  expect(await database.count("keys")).toBe(1);
});
