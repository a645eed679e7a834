// @vitest-environment node
import "fake-indexeddb/auto";
import { expect, it, vi } from "vitest";
import type { Sealer } from "../seal/client.ts";
import { emptyDatabase, openDatabase, type DeviceRecord } from "../store/schema.ts";
import { openVault } from "../store/vault.ts";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { awaitDevice, type Registry } from "./device.ts";
import { Door, type DoorState } from "./door.ts";

const sealed = { iv: new Uint8Array(12), data: new Uint8Array(1) };
const keys = { kemPublic: new Uint8Array(1), kemPrivate: sealed, signPublic: new Uint8Array(1), signPrivate: sealed };
const old: DeviceRecord = { id: "old", name: "Chrome", hubKeys: {}, ...keys };
const registered = { device_id: "new", hub_sign_public: "AA==", hub_key_id: "AA==", state: "ready" } as const;

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
  const asked = { database, sealer, registry: { register, attach }, door: new Door(() => undefined), user: "u", name: "Chrome", signal: new AbortController().signal, failed: () => undefined };
  const device = await awaitDevice({ ...asked, revoked: () => emptyDatabase(database) });
  expect(device?.id).toBe(id);
  expect(await database.count("cursors")).toBe(left);
  expect(await database.count("keys")).toBe(1);
});

const waits = { ...registered, state: "waiting" } as const;

/** arrive asks for a device; the person does at each state of the door what `person` says. */
async function arrive(user: string, registry: Registry, person: (state: DoorState, door: Door) => void) {
  const database = await openDatabase(user);
  const generate = vi.fn(async () => keys);
  const sealer = { generate, load: async () => true } as unknown as Sealer;
  const seen: string[] = [];
  const door: Door = new Door((state) => {
    if (!state || state.trying) return;
    seen.push(state.fault ? `${state.why} ${state.fault}` : state.why);
    queueMicrotask(() => person(state, door));
  });
  const { signal } = new AbortController();
  const never = () => Promise.reject(new Error("not called"));
  const asked = { database, sealer, registry, door, user: "u", name: "Chrome", signal, failed: () => undefined, revoked: never };
  return { run: () => awaitDevice(asked), database, seen, generate };
}

it("is let in by the code that holds, after one that does not and one too many", async () => {
  const register = vi.fn(async (_name: string, _kem: unknown, _sign: unknown, code: string) => {
    if (code === "LATE") throw new ApiError(429, { code: "slow_down" });
    return code === "GOOD" ? registered : null;
  });
  const codes = ["BAD", "LATE", "GOOD"];
  const { run, seen, database } = await arrive("managed", { register, attach: async () => null }, (_state, door) => door.knock(codes.shift() ?? ""));
  expect((await run())?.id).toBe("new");
  expect(seen).toEqual(["managed", "managed wrong", "managed slow_down"]);
  expect(register.mock.calls.map(([, , , code]) => code)).toEqual(["", "BAD", "LATE", "GOOD"]);
  expect(await database.get("device", "device")).not.toHaveProperty("waiting");
});

it("keeps its keys while it waits, over a reload too, and is let in by a code", async () => {
  let approved = false;
  const register = vi.fn(async (_name: string, _kem: unknown, _sign: unknown, code: string) => (code === "GOOD" ? registered : code ? null : waits));
  const attach = vi.fn(async () => (approved ? registered : ("waiting" as const)));
  const first = await arrive("each", { register, attach }, (state, door) => door.knock(state.fault ? "GOOD" : "BAD"));
  expect((await first.run())?.id).toBe("new");
  expect(first.seen).toEqual(["waiting", "waiting wrong"]);
  expect(first.generate).toHaveBeenCalledTimes(1);

  await first.database.put("device", { ...old, id: "asked", waiting: true }, "device");
  approved = true;
  const second = await arrive("each", { register, attach }, () => undefined);
  expect(await second.run()).toMatchObject({ id: "asked", kemPublic: old.kemPublic });
  expect(second.seen).toEqual([]);
  expect(await second.database.get("device", "device")).not.toHaveProperty("waiting");
});

it("that was refused asks again only when the person says so", async () => {
  const register = vi.fn(async () => waits);
  const attach = vi.fn(async () => (register.mock.calls.length === 0 ? null : registered));
  const { run, seen, database } = await arrive("refused", { register, attach }, (state, door) => door.knock(state.why === "refused" ? "" : "GOOD"));
  await database.put("device", { ...old, waiting: true }, "device");
  expect((await run())?.id).toBe("new");
  expect(seen).toEqual(["refused", "waiting"]);
  expect(register).toHaveBeenCalledTimes(1);
});
