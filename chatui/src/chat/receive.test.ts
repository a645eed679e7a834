// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "./hubCalls.ts";
import type { TestDevice } from "./testing/testDevice.ts";
import { until } from "./testing/testDevice.ts";
import { openWard, ready, type Ward } from "./testing/ward.ts";

let ward: Ward;
let anna: TestDevice;
let ben: TestDevice;
let room: string;

beforeEach(async () => {
  ward = await openWard();
  [anna, ben] = [await ward.person("Anna Beck"), await ward.person("Ben Kurz")];
  room = await anna.do("openDirect", ben.user);
  await ready(room, anna, ben);
});
afterEach(() => ward.close());

const acked = (device: TestDevice): number => device.entry.cursor.get(room) ?? 0;
const last = (): number => ward.hub.rooms.get(room)?.items.length ?? 0;
const caughtUp = (): Promise<unknown> => until("Ben to be there", () => acked(ben) === last());

/** The disk of a device fails at every write while `broken`. */
function failing(device: TestDevice): { broken: boolean; failed: number } {
  const disk = { broken: true, failed: 0 };
  const { transaction } = FDB.prototype;
  restore = () => void (FDB.prototype.transaction = transaction);
  FDB.prototype.transaction = function (this: IDBDatabase, names, mode, options) {
    if (disk.broken && mode === "readwrite" && this.name === `wardline-${device.user}`) {
      disk.failed++;
      throw new HubError(0, "disk");
    }
    return transaction.call(this, names, mode, options);
  };
  return disk;
}
const FDB = IDBDatabase;
let restore = (): void => undefined;
afterEach(() => restore());

describe("receiving", () => {
  it("acknowledges nothing that is not stored, and loses nothing", async () => {
    await caughtUp();
    const before = acked(ben);
    const disk = failing(ben);
    await anna.do("send", room, "bei voller Platte", 0);
    await until("writes that failed", () => disk.failed > 2);
    expect(acked(ben)).toBe(before);
    disk.broken = false;
    await ben.text(room, "bei voller Platte");
    await anna.do("send", room, "und weiter", 0);
    await ben.text(room, "und weiter");
    expect(await ben.texts(room)).toEqual(["bei voller Platte", "und weiter"]);
  });

  it("continues after a crash between storing and acknowledging", async () => {
    await anna.do("send", room, "eins", 0);
    await ben.text(room, "eins");
    ben.crash();
    ben.entry.cursor.clear();
    await anna.do("send", room, "zwei", 0);
    await ben.start();
    await ben.text(room, "zwei");
    expect(await ben.texts(room)).toEqual(["eins", "zwei"]);
    await expect.poll(() => ben.chat(room)?.unread).toBe(2);
  });

  it("takes an item that comes twice once", async () => {
    await anna.do("send", room, "eins", 0);
    await ben.text(room, "eins");
    await ben.give(ward.hub.rooms.get(room)?.items ?? []);
    await anna.do("send", room, "zwei", 0);
    await ben.text(room, "zwei");
    expect(await ben.texts(room)).toEqual(["eins", "zwei"]);
    expect(ben.chat(room)?.warnings).toEqual([]);
    expect(ward.hub.faults).toEqual([]);
  });

  it("waits for a device log it cannot fetch, and judges only then", async () => {
    const cem = await ward.person("Cem Ak");
    let tries = 0;
    let reachable = false;
    ward.hub.before = (device, method, path) => {
      if (device !== ben.entry || reachable || !path.startsWith(`/users/${cem.user}/log`)) return;
      tries++;
      throw new HubError(0, `${method} unreachable`);
    };
    const group = await anna.do("openGroup", "Visite", [ben.user, cem.user]);
    await anna.do("send", group, "für alle", 0);
    await until("Ben to have tried", () => tries > 3);
    expect(ben.entry.cursor.get(group) ?? 0).toBe(0);
    reachable = true;
    await ben.text(group, "für alle");
    expect(ben.chat(group)?.warnings).toEqual([]);
  });

  it("keeps what cannot be decrypted as broken, counts it, and goes on", async () => {
    const found = ward.hub.rooms.get(room);
    if (!found) throw new Error("no room");
    anna.disconnect();
    ward.hub.append(found, { kind: "msg", user: anna.user, from: anna.id, epoch: 1, body: new Uint8Array([0, 1, 0, 2, 9, 9]) });
    await until("a report", () => ward.hub.faults.some(({ device }) => device === ben.id));
    expect(await ben.texts(room)).toEqual(["broken: format"]);
    anna.connect();
    await anna.do("send", room, "geht weiter", 0);
    await ben.text(room, "geht weiter");
    await expect.poll(() => ben.chat(room)?.unread).toBe(2);
  });

  it("warns when the hub withholds a message", async () => {
    await anna.do("send", room, "eins", 0);
    await ben.text(room, "eins");
    ben.disconnect();
    const place = ward.hub.rooms.get(room)?.items;
    await anna.do("send", room, "zwei", 0);
    await until("its place", async () => (await anna.text(room, "zwei")).seq);
    const withheld = place?.find(({ seq }) => seq === last());
    if (withheld) Object.assign(withheld, { kind: "line", body: new TextEncoder().encode("{}") });
    await anna.do("send", room, "drei", 0);
    ben.connect();
    await ben.text(room, "drei");
    await expect.poll(() => ben.chat(room)?.warnings).toEqual([{ kind: "missing", user: anna.user }]);
    await ben.do("acknowledge", room, { kind: "missing", user: anna.user });
    await until("the warning to go", () => ben.chat(room)?.warnings.length === 0);
  });
});
