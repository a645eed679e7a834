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

const lines = async (device: TestDevice, room: string): Promise<string[]> =>
  (await device.entries(room)).flatMap((entry) => (entry.kind === "line" ? [entry.act] : []));

describe("two people", () => {
  it("write to each other, without any ritual", async () => {
    const room = await anna.do("openDirect", ben.user);
    await anna.do("send", room, "Guten Morgen", 0);
    await ben.text(room, "Guten Morgen");
    await ben.do("send", room, "Moin", 1);
    await anna.text(room, "Moin");
    expect(await ben.texts(room)).toEqual(["Guten Morgen", "Moin"]);
    await expect.poll(() => ben.chat(room)).toMatchObject({ kind: "direct", title: "Anna Beck", peer: anna.user, state: "ready", unread: 1, warnings: [] });
    await expect.poll(() => ben.chat(room)?.last).toMatchObject({ text: "Moin", mine: true, prio: 1 });
  });

  it("have one direct room, whoever opens it", async () => {
    const room = await anna.do("openDirect", ben.user);
    await until("the room on Ben's side", () => ben.chat(room));
    expect(await ben.do("openDirect", anna.user)).toBe(room);
  });

  it("get the room that exists when both open it at once", async () => {
    const both = await Promise.all([anna.do("openDirect", ben.user), ben.do("openDirect", anna.user)]);
    expect(both[0]).toBe(both[1]);
    await ready(both[0], anna, ben);
    await anna.do("send", both[0], "nur einer", 0);
    await ben.text(both[0], "nur einer");
    await expect.poll(() => anna.state?.chats).toHaveLength(1);
  });

  it("refuses what cannot be sent", async () => {
    const room = await anna.do("openDirect", ben.user);
    await expect(anna.do("send", room, "  \n", 0)).rejects.toThrow("empty");
    await expect(anna.do("send", room, "x".repeat(8_001), 0)).rejects.toThrow("too_large");
  });
});

describe("groups", () => {
  it("have a title the hub never sees, and everybody knows it", async () => {
    const room = await anna.do("openGroup", "Visite 4B", [ben.user]);
    await until("the title", () => ben.chat(room)?.title === "Visite 4B");
    await anna.do("rename", room, "Visite 4B früh");
    await until("the new title", () => ben.chat(room)?.title === "Visite 4B früh");
    expect(await lines(ben, room)).toEqual(["created", "title"]);
  });

  it("take in who was added by hub and members together; they read what follows", async () => {
    const cem = await ward.person("Cem Ak");
    const room = await anna.do("openGroup", "Visite", [ben.user]);
    await ready(room, anna, ben);
    await anna.do("send", room, "vorher", 0);
    await anna.do("addMembers", room, [cem.user]);
    await ready(room, cem);
    await until("the title", () => cem.chat(room)?.title === "Visite");
    await ben.do("send", room, "willkommen", 0);
    await cem.text(room, "willkommen");
    expect(await cem.texts(room)).toEqual(["willkommen"]);
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("freeze when somebody is added whom no member has named", async () => {
    const eve = await ward.person("Eve");
    const room = await anna.do("openGroup", "Visite", [ben.user]);
    await ready(room, anna, ben);
    const found = ward.hub.rooms.get(room);
    found?.members.set(eve.user, { role: "member", since: new Date().toISOString() });
    await ward.recorder.force(room, eve.entry);
    await until("the banner", () => anna.chat(room)?.state === "frozen" && ben.chat(room)?.state === "frozen");
    await expect.poll(() => anna.chat(room)?.warnings).toEqual([{ kind: "frozen", reason: "uninvited" }]);
  });

  it("let somebody go: who left cannot read the next message", async () => {
    const cem = await ward.person("Cem Ak");
    const room = await anna.do("openGroup", "Visite", [ben.user, cem.user]);
    await ready(room, anna, ben, cem);
    await cem.do("leave", room);
    await until("his leaf to be gone", () => ward.hub.rooms.get(room)?.epoch === 2);
    await anna.do("send", room, "ohne Cem", 0);
    await ben.text(room, "ohne Cem");
    await expect.poll(() => cem.chat(room)).toMatchObject({ state: "left" });
    expect(await cem.texts(room)).toEqual([]);
    expect(await lines(ben, room)).toEqual(["created", "left"]);
  });

  it("tell the one who was removed", async () => {
    const room = await anna.do("openGroup", "Visite", [ben.user]);
    await ready(room, anna, ben);
    await anna.do("removeMember", room, ben.user);
    await until("Ben to know", () => ben.chat(room)?.state === "left");
    await anna.do("addMembers", room, [ben.user]);
    await ready(room, ben);
    await anna.do("send", room, "wieder da", 0);
    await ben.text(room, "wieder da");
  });

  it("belong to an alert once", async () => {
    const alert = crypto.randomUUID();
    const room = await anna.do("openGroup", "Sturz Zimmer 7", [ben.user], alert);
    await until("Ben's list", () => ben.chat(room));
    expect(await ben.do("openGroup", "Sturz", [anna.user], alert)).toBe(room);
    await expect.poll(() => ben.chat(room)?.alert).toBe(alert);
  });

  it("change roles; the line says so", async () => {
    const room = await anna.do("openGroup", "Visite", [ben.user]);
    await ready(room, anna, ben);
    await anna.do("setRole", room, ben.user, "reader");
    await until("Ben's role", () => ben.chat(room)?.role === "reader");
    await ben.do("send", room, "darf nicht", 0);
    const failed = await until("the refusal", async () => (await ben.entries(room)).find((one) => one.kind === "text" && one.delivery === "failed"));
    expect(failed).toMatchObject({ fault: "role", seq: null });
  });
});

describe("urgent messages", () => {
  it("are open until everybody but the sender has confirmed", async () => {
    const cem = await ward.person("Cem Ak");
    const room = await anna.do("openGroup", "Visite", [ben.user, cem.user]);
    await ready(room, anna, ben, cem);
    await anna.do("send", room, "Rea Zimmer 3", 2);
    const { id } = await ben.text(room, "Rea Zimmer 3");
    await expect.poll(() => ben.chat(room)?.urgent).toBe(1);
    await expect.poll(() => ben.notices.at(-1)).toEqual({ room, urgent: true });
    await ben.do("confirm", room, id);
    await ben.do("confirm", room, id);
    await until("one confirmation", async () => (await anna.text(room, "Rea Zimmer 3")).open === 1);
    await until("nothing open for Ben", () => ben.chat(room)?.urgent === 0);
    await cem.do("confirm", room, id);
    await until("all", async () => (await anna.text(room, "Rea Zimmer 3")).open === 0);
    expect((await anna.text(room, "Rea Zimmer 3")).confirmed.map(({ user }) => user)).toEqual([ben.user, cem.user]);
    expect(await anna.texts(room)).toEqual(["Rea Zimmer 3"]);
  });
});

describe("reading", () => {
  it("counts what is unread, opens there, and tells the others", async () => {
    const room = await anna.do("openDirect", ben.user);
    await ready(room, anna, ben);
    for (const text of ["eins", "zwei", "drei"]) await anna.do("send", room, text, 0);
    await ben.text(room, "drei");
    await until("three unread", () => ben.chat(room)?.unread === 3);
    await expect.poll(async () => (await anna.text(room, "drei")).delivery).toBe("delivered");
    const { seq } = await ben.text(room, "zwei");
    await ben.do("markRead", room, seq as number);
    await until("one unread", () => ben.chat(room)?.unread === 1);
    expect(ben.settled).toEqual([]);
    await ben.do("markRead", room, ben.chat(room)?.lastSeq as number);
    await until("none", () => ben.chat(room)?.unread === 0);
    await expect.poll(() => ben.settled).toEqual([room]);
    await until("read by Ben", async () => (await anna.text(room, "drei")).delivery === "read");
  });

  it("is not told where the clinic wants no receipts", async () => {
    ward.hub.receipts = false;
    const cem = await ward.person("Cem Ak");
    const room = await anna.do("openDirect", cem.user);
    await anna.do("send", room, "still", 0);
    const { seq } = await cem.text(room, "still");
    await cem.do("markRead", room, seq as number);
    await until("read here", () => cem.chat(room)?.unread === 0);
    expect(ward.hub.rooms.get(room)?.read.get(cem.user)).toBeUndefined();
  });

  it("keeps drafts, and no notices of muted rooms", async () => {
    const room = await anna.do("openDirect", ben.user);
    await ready(room, anna, ben);
    await ben.do("mute", room, true);
    await ben.do("setDraft", room, "halb fert");
    await anna.do("send", room, "psst", 0);
    await ben.text(room, "psst");
    await until("draft", () => ben.chat(room)?.draft === "halb fert");
    expect(ben.notices).toEqual([]);
    ben.crash();
    await ben.start();
    await expect.poll(() => ben.chat(room)).toMatchObject({ draft: "halb fert", muted: true, unread: 1 });
  });
});
