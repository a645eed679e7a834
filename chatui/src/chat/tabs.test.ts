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
  room = await anna.do("openDirect", ben.user);
  await ready(room, anna, ben);
});
afterEach(() => ward.close());

describe("a second tab", () => {
  it("sends through the first, and shows what it stores", async () => {
    const tab = await anna.tab();
    await tab.call("send", [room, "aus dem zweiten", 0]);
    await ben.text(room, "aus dem zweiten");
    await ben.do("send", room, "für beide", 0);
    await until("it in the second tab", () => anna.states[1]?.chats[0]?.last?.text === "für beide");
    tab.openTimeline(77, room);
    await until("both in its timeline", () => anna.timelines.get(77)?.entries.filter(({ kind }) => kind === "text").length === 2);
    await expect.poll(() => anna.states[1]?.link).toEqual({ step: "certified" });
  });

  it("asks the first for what only that one may do; plaintext does not travel", async () => {
    const tab = await anna.tab();
    const cem = await ward.person("Cem Ak");
    const group = (await tab.call("openGroup", ["Geheime Visite", [cem.user]])) as string;
    await until("the title on the other side", () => cem.chat(group)?.title === "Geheime Visite");
    await expect(tab.call("linkDevice", ["falsch"])).rejects.toThrow("code");
    expect(JSON.stringify(anna.spoken)).not.toContain("Geheime");
  });

  it("takes over when the first is closed; nothing is lost and nothing is sent twice", async () => {
    const tab = await anna.tab();
    anna.disconnect();
    for (const text of ["eins", "zwei", "drei"]) await tab.call("send", [room, text, 0]);
    await anna.closeLead();
    await ben.text(room, "drei");
    await ben.do("send", room, "angekommen", 0);
    await anna.text(room, "angekommen");
    expect(await ben.texts(room)).toEqual(["eins", "zwei", "drei", "angekommen"]);
    expect(await anna.texts(room)).toEqual(["eins", "zwei", "drei", "angekommen"]);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("keeps a draft for all tabs", async () => {
    const tab = await anna.tab();
    await tab.call("setDraft", [room, "angefangen"]);
    await until("it in the first", () => anna.chat(room)?.draft === "angefangen");
  });
});
