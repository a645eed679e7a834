// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TestDevice } from "./testing/testDevice.ts";
import { until } from "./testing/testDevice.ts";
import { openWard, ready, type Ward } from "./testing/ward.ts";

let ward: Ward;
let anna: TestDevice;
let ben: TestDevice;

beforeEach(async () => {
  ward = await openWard();
  [anna, ben] = [await ward.person("Anna Beck"), await ward.person("Ben Kurz")];
});
afterEach(() => ward.close());

/** A room begun before the recorder was there for the first time. */
async function roomWithout(): Promise<{ room: string; come: () => void }> {
  const recorder = ward.hub.recorder as NonNullable<typeof ward.hub.recorder>;
  ward.hub.recorder = null;
  const room = await anna.do("openGroup", "Visite", [ben.user]);
  await ready(room, anna, ben);
  ward.hub.rooms.get(room)?.members.set(recorder.user, { role: "member", since: new Date().toISOString() });
  return {
    room,
    come: () => {
      ward.hub.recorder = recorder;
      ward.recorder.wake();
    },
  };
}

const epoch = (room: string): number => ward.hub.rooms.get(room)?.epoch ?? 0;

describe("a room without the recorder", () => {
  it("gets it once it is there, by one commit, and goes on", async () => {
    const { room, come } = await roomWithout();
    await anna.do("send", room, "noch ohne", 0);
    await ben.text(room, "noch ohne");
    const before = epoch(room);
    come();
    await until("the recorder to be brought in", () => epoch(room) > before);
    await anna.do("send", room, "mit", 0);
    await ben.text(room, "mit");
    await ben.do("send", room, "auch", 0);
    await anna.text(room, "auch");
    expect(epoch(room)).toBe(before + 1);
    for (const device of [anna, ben]) expect(device.chat(room)?.warnings).toEqual([]);
  });

  it("can then take in a second device, which has everything", async () => {
    const { room, come } = await roomWithout();
    await anna.do("send", room, "vor dem Rechner", 0);
    await ben.text(room, "vor dem Rechner");
    const desktop = await ward.another(ben, "Ben am Rechner");
    const link = desktop.state?.link;
    if (link?.step !== "pending") throw new Error("not pending");
    await ben.do("linkDevice", link.code);
    await anna.do("send", room, "während er wartet", 0);
    await ben.text(room, "während er wartet");
    come();
    await ready(room, desktop);
    await desktop.text(room, "vor dem Rechner");
    const between = await desktop.text(room, "während er wartet");
    expect(between.restoredBy).toBeNull();
    await expect.poll(() => desktop.chat(room)?.title).toBe("Visite");
  });
});
