// @vitest-environment node
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryHub } from "./testing/memoryHub.ts";
import { MemoryRecorder } from "./testing/memoryRecorder.ts";
import { TestDevice, until } from "./testing/testDevice.ts";

let hub: MemoryHub;
let anna: TestDevice;
let ben: TestDevice;

beforeEach(async () => {
  hub = new MemoryHub();
  await MemoryRecorder.start(hub);
  anna = await (await TestDevice.make(hub, hub.account("Anna Beck"), "Anna")).start();
  ben = await (await TestDevice.make(hub, hub.account("Ben Kurz"), "Ben")).start();
  await until("packages", () => anna.entry.packages.length === 50 && ben.entry.packages.length === 50);
});

describe("two people", () => {
  it("write to each other", async () => {
    const room = await anna.do("openDirect", ben.user);
    await anna.do("send", room, "Guten Morgen", 0);
    await ben.text(room, "Guten Morgen");
    await ben.do("send", room, "Moin", 0);
    await anna.text(room, "Moin");
    expect(await ben.texts(room)).toEqual(["Guten Morgen", "Moin"]);
    expect(ben.chat(room)).toMatchObject({ kind: "direct", title: "Anna Beck", state: "ready", unread: 1 });
  });
});
