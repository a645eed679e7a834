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
  for (const text of ["eins", "zwei", "drei"]) await anna.do("send", room, text, 0);
  await ben.text(room, "drei");
});
afterEach(() => ward.close());

function pending(device: TestDevice): { code: string; qr: string; backup: boolean; others: number } {
  const link = device.state?.link;
  if (link?.step !== "pending") throw new Error(`it is ${link?.step}`);
  return link;
}

const certified = (device: TestDevice): Promise<unknown> => until("certified", () => device.state?.link.step === "certified");
const history = (device: TestDevice): Promise<unknown> => until("the history", async () => (await device.texts(room)).length === 3);

async function speaks(desktop: TestDevice): Promise<void> {
  await ready(room, desktop);
  await desktop.do("send", room, "vom Rechner", 0);
  await ben.text(room, "vom Rechner");
  await anna.text(room, "vom Rechner");
  await ben.do("send", room, "an beide", 0);
  for (const device of [anna, desktop]) await device.text(room, "an beide");
  for (const device of [anna, ben, desktop]) expect(device.chat(room)?.warnings).toEqual([]);
}

describe("a second device", () => {
  it("waits until an own device vouches for it, and is seen there", async () => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    expect(pending(desktop)).toMatchObject({ others: 1, backup: false });
    expect(pending(desktop).code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    await until("the old device to see it", () => anna.state?.waiting.some(({ name }) => name === "Anna am Rechner"));
    expect(ward.hub.rooms.get(room)?.spans.has(desktop.id)).toBe(false);
  });

  it.each(["code", "qr"] as const)("is linked by its %s and gets everything", async (way) => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    expect(await anna.do("linkDevice", pending(desktop)[way])).toEqual({ name: "Anna am Rechner" });
    await certified(desktop);
    await history(desktop);
    expect(await desktop.texts(room)).toEqual(["eins", "zwei", "drei"]);
    await until("the title", () => desktop.chat(room)?.title === "Visite");
    await speaks(desktop);
    await until("nobody waits", () => anna.state?.waiting.length === 0);
    const lines = (await ben.entries(room)).filter((entry) => entry.kind === "line");
    expect(lines.at(-1)).toMatchObject({ act: "devices", users: [anna.user] });
  });

  it("is linked by scanning what the old one shows", async () => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    await desktop.do("takeOffer", await anna.do("offerLink"));
    await certified(desktop);
    await history(desktop);
    await speaks(desktop);
  });

  it("can vouch for a third", async () => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    await anna.do("linkDevice", pending(desktop).code);
    await certified(desktop);
    await until("the account key", async () => (await desktop.do("offerLink").catch(() => "")) !== "");
    const tablet = await ward.another(anna, "Annas Tablet");
    await desktop.do("linkDevice", pending(tablet).qr);
    await certified(tablet);
    await speaks(tablet);
  });

  it("is not linked by another code", async () => {
    await ward.another(anna, "Anna am Rechner");
    await expect(anna.do("linkDevice", "0000-0000-0000")).rejects.toThrow("code");
    await expect(anna.do("linkDevice", "https://example.org")).rejects.toThrow("code");
    await expect(anna.do("linkDevice", await anna.do("offerLink"))).rejects.toThrow("offer");
  });

  it("is read on one, read on the other", async () => {
    const desktop = await ward.another(ben, "Ben am Rechner");
    await ben.do("linkDevice", pending(desktop).code);
    await ready(room, desktop);
    await anna.do("send", room, "neu", 0);
    await desktop.text(room, "neu");
    const { seq } = await ben.text(room, "neu");
    await until("unread", () => desktop.chat(room)?.unread);
    await ben.do("markRead", room, seq as number);
    await until("read there too", () => desktop.chat(room)?.unread === 0);
    await expect.poll(() => desktop.settled).toContain(room);
  });
});

describe("a removed device", () => {
  it("is taken out of the log by another own device; one look without it is not enough", async () => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    await anna.do("linkDevice", pending(desktop).code);
    await ready(room, desktop);
    desktop.crash();
    ward.hub.devices.delete(desktop.id);
    await until("the revocation", () => ward.hub.accounts.get(anna.user)?.log.length === 3);
    await until("its leaf to be gone", () => (ward.hub.rooms.get(room)?.spans.get(desktop.id)?.at(-1)?.to ?? Infinity) < Number.MAX_SAFE_INTEGER);
    await ben.do("send", room, "ohne den Rechner", 0);
    await anna.text(room, "ohne den Rechner");
    expect(anna.chat(room)?.warnings).toEqual([]);
  });

  it("is not revoked when the hub's list is empty by mistake", async () => {
    const desktop = await ward.another(anna, "Anna am Rechner");
    await anna.do("linkDevice", pending(desktop).code);
    await ready(room, desktop);
    const { devices } = ward.hub;
    const all = [...devices];
    let looks = 0;
    ward.hub.before = (device, _method, path) => {
      if (device === anna.entry && path === "/devices") looks++;
    };
    devices.clear();
    await until("three looks", () => looks > 2);
    for (const [id, device] of all) devices.set(id, device);
    expect(ward.hub.accounts.get(anna.user)?.log).toHaveLength(2);
  });
});

describe("backup", () => {
  it("opens with the printed code on a new device when all others are lost", async () => {
    expect(await anna.do("hasBackup")).toBe(false);
    const code = await anna.do("makeBackup");
    anna.crash();
    const phone = await ward.another(anna, "Annas neues Telefon");
    expect(pending(phone).backup).toBe(true);
    await expect(phone.do("recover", "0000-0000-0000-0000-0000-0000-0000")).rejects.toThrow("code");
    await phone.do("recover", code.toLowerCase().replaceAll("-", " "));
    await certified(phone);
    await history(phone);
    await ready(room, phone);
    await phone.do("send", room, "ich bin's", 0);
    await ben.text(room, "ich bin's");
    expect(ben.chat(room)?.warnings).toEqual([]);
  });

  it("goes on by itself with what is new", async () => {
    const code = await anna.do("makeBackup");
    await ben.do("send", room, "nach der Sicherung", 0);
    await anna.text(room, "nach der Sicherung");
    const chunk = ward.hub.accounts.get(anna.user)?.backup.get(1);
    await until("a new chunk", () => ward.hub.accounts.get(anna.user)?.backup.get(1) !== chunk);
    anna.crash();
    const phone = await ward.another(anna, "Annas neues Telefon");
    await phone.do("recover", code);
    await phone.text(room, "nach der Sicherung");
  });

  it("can be dropped", async () => {
    await anna.do("makeBackup");
    expect(await anna.do("hasBackup")).toBe(true);
    await anna.do("dropBackup");
    expect(await anna.do("hasBackup")).toBe(false);
  });
});

describe("a new account key", () => {
  it("is a loud warning in every room, and takes the confirmed safety number away", async () => {
    const before = await ben.do("safetyNumber", anna.user);
    expect(before?.digits).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect((await anna.do("safetyNumber", ben.user))?.digits).toBe(before?.digits);
    const qr = (await anna.do("safetyNumber", ben.user))?.qr ?? "";
    expect(await ben.do("checkSafetyQr", anna.user, qr)).toBe(true);
    expect((await ben.do("safetyNumber", anna.user))?.verified).toBe(true);
    anna.crash();
    const phone = await ward.another(anna, "Fremdes Telefon");
    await phone.do("startOver");
    await certified(phone);
    await until("the warning", () => ben.chat(room)?.warnings.some(({ kind }) => kind === "key_changed"));
    const after = await ben.do("safetyNumber", anna.user);
    expect(after?.verified).toBe(false);
    expect(after?.digits).not.toBe(before?.digits);
  });
});
