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

const stored = (): string[] => (ward.hub.rooms.get(room)?.items ?? []).filter(({ kind }) => kind === "msg").map(({ id }) => id);
const many = Array.from({ length: 12 }, (_, i) => `Nachricht ${i + 1}`);

describe("the outbox", () => {
  it("keeps what is written without a network over a reload, in order and without doubles", async () => {
    anna.disconnect();
    for (const text of many.slice(0, 6)) await anna.do("send", room, text, 0);
    expect((await anna.entries(room)).map((entry) => entry.kind === "text" && entry.delivery)).toEqual([false, ...Array(6).fill("queued")]);
    anna.crash();
    await anna.tab();
    for (const text of many.slice(6)) await anna.do("send", room, text, 0);
    anna.connect();
    await ben.text(room, "Nachricht 12");
    expect(await ben.texts(room)).toEqual(many);
    expect(await anna.texts(room)).toEqual(many);
    expect(new Set(stored()).size).toBe(stored().length);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("sends again under the same id when the answer was lost", async () => {
    anna.swallow = (frame) => {
      void ward.hub.send({ ...anna.entry, hear: null }, frame);
      anna.disconnect();
      return true;
    };
    await anna.do("send", room, "einmal", 0);
    await ben.text(room, "einmal");
    anna.swallow = () => false;
    anna.connect();
    await until("its place", async () => (await anna.text(room, "einmal")).seq);
    await anna.do("send", room, "danach", 0);
    await ben.text(room, "danach");
    expect(await ben.texts(room)).toEqual(["einmal", "danach"]);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("sends again what the network has swallowed", async () => {
    let lost = 2;
    anna.swallow = () => lost-- > 0;
    await anna.do("send", room, "hartnäckig", 0);
    await ben.text(room, "hartnäckig");
    expect(await ben.texts(room)).toEqual(["hartnäckig"]);
  });

  it.each(["slow_down", "unavailable", "joining"])("tries again after %s, with nobody's help", async (code) => {
    let left = 3;
    anna.swallow = (frame) => {
      if (left-- <= 0) return false;
      const length = new DataView(frame).getUint32(1);
      const { id } = JSON.parse(new TextDecoder().decode(frame.slice(5, 5 + length))) as { id: string };
      setTimeout(() => anna.entry.hear?.({ t: "refused", id, room, code }), 1);
      return true;
    };
    await anna.do("send", room, "eins", 0);
    await anna.do("send", room, "zwei", 0);
    await ben.text(room, "zwei");
    expect(await ben.texts(room)).toEqual(["eins", "zwei"]);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("encrypts anew for the epoch that holds, under the same id", async () => {
    const cem = await ward.person("Cem Ak");
    const { poke } = anna.entry;
    const before = ward.hub.rooms.get(room)?.epoch ?? 0;
    anna.entry.poke = null;
    await ben.do("addMembers", room, [cem.user]);
    await ready(room, cem);
    await ben.do("removeMember", room, cem.user);
    await until("two commits Anna has not seen", () => (ward.hub.rooms.get(room)?.epoch ?? 0) >= before + 2);
    let refusals = 0;
    const { hear } = anna.entry;
    anna.entry.hear = (message) => {
      if (message.t === "refused" && message.code === "epoch") refusals++;
      hear?.(message);
    };
    await anna.do("send", room, "spät, aber lesbar", 0);
    await until("a refusal", () => refusals > 0);
    anna.entry.poke = poke;
    poke?.();
    await ben.text(room, "spät, aber lesbar");
    expect((await ben.texts(room)).filter((text) => text === "spät, aber lesbar")).toHaveLength(1);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("shows what was refused for good, and can send it again or drop it without a hole in the numbering", async () => {
    const members = ward.hub.rooms.get(room)?.members;
    members?.set(anna.user, { role: "reader", since: "" });
    await anna.do("send", room, "erst nicht", 0);
    await anna.do("send", room, "nie", 0);
    const failed = await until("both refused", async () => {
      const all = (await anna.entries(room)).filter((one) => one.kind === "text" && one.delivery === "failed");
      return all.length === 2 && all;
    });
    members?.set(anna.user, { role: "owner", since: "" });
    await anna.do("retry", room, failed[0]?.id as string);
    await anna.do("discard", room, failed[1]?.id as string);
    await anna.do("send", room, "weiter", 0);
    await ben.text(room, "weiter");
    expect(await ben.texts(room)).toEqual(["erst nicht", "weiter"]);
    await until("no failures", async () => (await anna.texts(room)).length === 2);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("writes the advanced ratchet before the frame goes out", async () => {
    const seen: boolean[] = [];
    anna.swallow = () => {
      // At this moment the store must already hold the ciphertext.
      void anna.database.getAll("outbox").then((all) => seen.push(all.length === 1));
      return false;
    };
    const before = (await anna.database.get("groups", room))?.iv;
    await anna.do("send", room, "erst schreiben", 0);
    await ben.text(room, "erst schreiben");
    expect((await anna.database.get("groups", room))?.iv).not.toEqual(before);
    expect(seen.length).toBeGreaterThan(0);
  });
});
