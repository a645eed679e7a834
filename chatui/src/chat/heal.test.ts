// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
  room = await anna.do("openGroup", "Visite", [ben.user]);
  await ready(room, anna, ben);
});
afterEach(() => ward.close());

const epoch = (): number => ward.hub.rooms.get(room)?.epoch ?? 0;

/** The device is added anew, and is there. */
async function healed(device: TestDevice, before: number): Promise<void> {
  await until("a new leaf", () => epoch() > before);
  await ready(room, device);
}

/** The stored group of a room is gone, or no group any more. */
async function lose(device: TestDevice, how: "gone" | "corrupt"): Promise<void> {
  await until("everything to be stored", () => device.entry.cursor.get(room) === ward.hub.rooms.get(room)?.items.length);
  device.crash();
  const sealed = await device.database.get("groups", room);
  if (how === "gone" || !sealed) await device.database.delete("groups", room);
  else await device.database.put("groups", { ...sealed, data: sealed.data.slice(3) }, room);
}

describe("lost state", () => {
  it.each(["gone", "corrupt"] as const)("heals by itself: %s", async (how) => {
    await anna.do("send", room, "vorher", 0);
    await ben.text(room, "vorher");
    await lose(ben, how);
    await anna.do("send", room, "dazwischen", 0);
    await until("its place", async () => (await anna.text(room, "dazwischen")).seq);
    const before = epoch();
    await ben.start();
    await healed(ben, before);
    await anna.do("send", room, "nachher", 0);
    await ben.text(room, "nachher");
    // What came in between is given by the sender's device.
    const given = await ben.text(room, "dazwischen");
    expect(given.restoredBy).toBe(anna.user);
    expect(await ben.texts(room)).toEqual(["vorher", "dazwischen", "nachher"]);
    expect(ward.hub.faults.filter(({ device }) => device === ben.id).map(({ cause }) => cause)).toEqual(["state_lost"]);
    await until("the repair to be told", () => ward.hub.repaired.length === 1);
    await ben.do("send", room, "wieder da", 0);
    await anna.text(room, "wieder da");
    expect(anna.chat(room)?.warnings).toEqual([]);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("waits for the recorder when it is away, and asks again", async () => {
    ward.recorder.away = true;
    await lose(ben, "gone");
    await anna.do("send", room, "wer hört mich", 0);
    await ben.start();
    await until("joining", () => ben.chat(room)?.state === "joining");
    await ben.do("send", room, "wartet", 0);
    ward.recorder.away = false;
    await ready(room, ben);
    await anna.text(room, "wartet");
  });

  it("is repaired from an own device before anybody else is asked", async () => {
    const desktop = await ward.another(ben, "Ben am Rechner");
    const link = desktop.state?.link;
    if (link?.step !== "pending") throw new Error("not pending");
    await ben.do("linkDevice", link.code);
    await ready(room, desktop);
    await lose(ben, "gone");
    await anna.do("send", room, "nur am Rechner gelesen", 0);
    await desktop.text(room, "nur am Rechner gelesen");
    await ben.start();
    const given = await ben.text(room, "nur am Rechner gelesen");
    expect(given.restoredBy).toBeNull();
  });

  it("gives nothing to who is no member", async () => {
    await anna.do("send", room, "geheim", 0);
    await ben.text(room, "geheim");
    const eve = await ward.person("Eve");
    const open = await eve.do("openDirect", ben.user);
    await ready(open, eve, ben);
    const mails = (): number => eve.entry.mail.length;
    await eve.mail(ben, "ask", { room, from: 1, to: 99 });
    await until("Ben to have read it", () => ben.entry.mail.length === 0);
    expect(mails()).toBe(0);
    expect((await eve.entries(open)).filter(({ kind }) => kind === "text")).toEqual([]);
  });
});
