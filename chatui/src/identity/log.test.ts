// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { equal, toBase64, utf8, type Bytes } from "../seal/bytes.ts";
import { accountKeyFrom, type AccountKey } from "./accountKey.ts";
import { sign } from "./ed25519.ts";
import {
  addDevice,
  certificate,
  hasKem,
  logAfter,
  resetLog,
  revokeDevice,
  startLog,
  verifyLog,
  type LogItem,
  type LogState,
  type NewDevice,
} from "./log.ts";
import { entryHash, readEntry, signLabel } from "./logEntry.ts";
import { filled, golden, ids, unb64 } from "./testing.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const whose = { clinic: ids.clinic, user: ids.ann };
const at = new Date("2026-11-27T09:00:00.123Z");

function device(id: string, from: number): NewDevice {
  return { device: id, sign: filled(32, from), kem: filled(1_216, from) };
}

const phone = device(ids.phone, 1);
const desk = device(ids.desk, 2);
const tablet = device(ids.tablet, 3);

async function state(items: readonly LogItem[], known: LogState | null = null): Promise<LogState> {
  const verdict = await verifyLog(known, items, whose);
  if (!verdict.ok) throw new Error(verdict.fault);
  return verdict.state;
}

interface Story {
  key: AccountKey;
  newKey: AccountKey;
  items: LogItem[];
}

/** All four acts: two devices, one taken away, a new account key, an old device back under it. */
async function story(): Promise<Story> {
  const [key, newKey] = [await accountKeyFrom(filled(32, 0x40)), await accountKeyFrom(filled(32, 0x80))];
  const items = [await startLog(whose, key, phone, at)];
  items.push(await addDevice(await state(items), key, desk, at));
  items.push(await revokeDevice(await state(items), key, ids.phone, at));
  items.push(await resetLog(await state(items), newKey, tablet, at));
  items.push(await addDevice(await state(items), newKey, desk, at));
  return { key, newKey, items };
}

describe("a device log", () => {
  it("tells which devices are certified now, and which were", async () => {
    const { items, newKey } = await story();
    const before = await state(items.slice(0, 3));
    expect(certificate(before, ids.phone)).toMatchObject({ revoked: true });
    expect(certificate(before, ids.desk)).toMatchObject({ revoked: false });
    const after = await state(items);
    expect(after).toMatchObject({ n: 5, resets: 1, account: toBase64(newKey.publicKey) });
    const revoked = [ids.phone, ids.desk, ids.tablet].map((id) => certificate(after, id)?.revoked);
    expect(revoked).toEqual([true, false, false]);
    expect(equal(certificate(after, ids.desk)?.sign ?? new Uint8Array(), desk.sign)).toBe(true);
    expect(certificate(after, ids.ben)).toBeNull();
    expect(certificate(after, "constructor")).toBeNull();
  });

  it("continues from what is remembered, and says when the account key is another", async () => {
    const { items } = await story();
    for (let n = 1; n <= items.length; n++) {
      const known = await state(items.slice(0, n));
      const answer = items.filter((item) => item.n > logAfter(known));
      const verdict = await verifyLog(known, answer, whose);
      expect(verdict).toMatchObject({ ok: true, changed: n < 4 });
      if (verdict.ok) expect(verdict.state).toEqual(await state(items));
    }
  });

  it("tells whether an encryption key is the device's", async () => {
    const log = await state((await story()).items);
    expect(await hasKem(log, ids.desk, desk.kem)).toBe(true);
    expect(await hasKem(log, ids.desk, phone.kem)).toBe(false);
    expect(await hasKem(log, ids.ben, desk.kem)).toBe(false);
  });

  it("is remembered as plain JSON", async () => {
    const log = await state((await story()).items);
    expect(JSON.parse(JSON.stringify(log))).toEqual(log);
  });
});

/** resigned gives an entry with other fields, signed anew. */
async function resigned(item: LogItem, key: AccountKey, change: Record<string, unknown>): Promise<LogItem> {
  const body = utf8(JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(item.body)) as object), ...change }));
  return { n: item.n, body, sig: await sign(key.seed, utf8(signLabel), body) };
}

describe("a device log is refused", () => {
  it.each<[string, Record<string, unknown>]>([
    ["of another person", { user: ids.ben }],
    ["of another clinic", { clinic: ids.ben }],
    ["of another version", { v: 2 }],
    ["with another number inside", { n: 3 }],
    ["with an unknown act", { act: "grant" }],
    ["with a second beginning", { act: "account" }],
    ["with a device that is certified already", { device: ids.phone, sign: toBase64(phone.sign) }],
    ["with a device that was never there taken away", { act: "revoke", device: ids.ben }],
    ["with a reset to the same key", { act: "reset" }],
    ["with a device id that is none", { device: "x" }],
    ["with a key too short", { sign: toBase64(filled(31, 1)) }],
    ["with a key that is no base64", { sign: "!".repeat(44) }],
    ["with base64 of another spelling", { sign: toBase64(desk.sign).replace(/=$/, "") }],
    ["with no time", { at: "yesterday" }],
    ["with a field more", { note: "x" }],
    ["with a field in other letters", { Act: "revoke" }],
  ])("%s", async (_, change) => {
    const { items, key } = await story();
    const wrong = await resigned(items[1] as LogItem, key, change);
    expect(await verifyLog(null, [items[0] as LogItem, wrong], whose)).toEqual({ ok: false, fault: "bad" });
  });

  it("signed by another key than the account's", async () => {
    const { items, newKey } = await story();
    const wrong = await resigned(items[1] as LogItem, newKey, {});
    expect(await verifyLog(null, [items[0] as LogItem, wrong], whose)).toEqual({ ok: false, fault: "bad" });
    const other = await resigned(items[1] as LogItem, newKey, { account: toBase64(newKey.publicKey) });
    expect(await verifyLog(null, [items[0] as LogItem, other], whose)).toEqual({ ok: false, fault: "bad" });
  });

  it("with a gap, out of order, or empty", async () => {
    const { items } = await story();
    const [one, two, three] = items as [LogItem, LogItem, LogItem];
    for (const wrong of [[], [two], [one, three], [two, one]]) {
      expect(await verifyLog(null, wrong, whose)).toEqual({ ok: false, fault: "bad" });
    }
  });

  it("with a known device's keys exchanged", async () => {
    const { items, newKey } = await story();
    const before = await state(items.slice(0, 4));
    const wrong = await addDevice(before, newKey, { ...desk, sign: filled(32, 9) }, at);
    expect(await verifyLog(null, [...items.slice(0, 4), wrong], whose)).toEqual({ ok: false, fault: "bad" });
  });

  it("with any byte of an entry changed", async () => {
    const { items } = await story();
    const [first] = items as [LogItem];
    for (const part of ["body", "sig"] as const) {
      for (let i = 0; i < first[part].length; i += 5) {
        const spoiled = { ...first, [part]: first[part].with(i, (first[part][i] ?? 0) ^ 1) as Bytes };
        expect(await verifyLog(null, [spoiled], whose)).toEqual({ ok: false, fault: "bad" });
      }
    }
  });

  it("as a fork, when the newest known entry or what it follows is another", async () => {
    const { items, key } = await story();
    const known = await state(items.slice(0, 2));
    const other = await addDevice(await state(items.slice(0, 1)), key, tablet, at);
    expect(await verifyLog(known, [other], whose)).toEqual({ ok: false, fault: "fork" });
    const next = await revokeDevice(await state([items[0] as LogItem, other]), key, ids.phone, at);
    expect(await verifyLog(known, [items[1] as LogItem, next], whose)).toEqual({ ok: false, fault: "fork" });
  });

  it("as a rollback, when known entries are missing", async () => {
    const { items } = await story();
    const known = await state(items);
    expect(await verifyLog(known, items.slice(0, 4), whose)).toEqual({ ok: false, fault: "rollback" });
    expect(await verifyLog(known, [], whose)).toEqual({ ok: false, fault: "rollback" });
  });
});

describe("an entry", () => {
  it("of more than 4 KiB is none", async () => {
    const [first] = (await story()).items as [LogItem];
    const padded = utf8(`${new TextDecoder().decode(first.body)}${" ".repeat(4_096)}`);
    expect(readEntry(padded)).toBeNull();
    expect(readEntry(first.body)).not.toBeNull();
  });

  it("is read or refused, whatever the bytes", async () => {
    const [first] = (await story()).items as [LogItem];
    for (let i = 0; i < 2_000; i++) {
      const bytes = first.body.slice();
      bytes[Math.floor(Math.random() * bytes.length)] = Math.random() * 256;
      expect(() => readEntry(bytes)).not.toThrow();
    }
  });
});

interface LogVectors {
  about: string;
  clinic: string;
  user: string;
  good: { n: number; body: string; sig: string; hash: string; account: string; certified: string[] }[];
  bad: { name: string; known: number; fault: string; entries: { n: number; body: string; sig: string }[] }[];
}

const coded = ({ n, body, sig }: LogItem): { n: number; body: string; sig: string } => ({ n, body: toBase64(body), sig: toBase64(sig) });

async function makeVectors(): Promise<LogVectors> {
  const { items, key, newKey } = await story();
  const [one, two, three] = items as [LogItem, LogItem, LogItem];
  const good = await Promise.all(items.map(async (item, i) => {
    const { account, devices } = await state(items.slice(0, i + 1));
    const certified = Object.keys(devices).filter((id) => !devices[id]?.revoked).sort();
    return { ...coded(item), hash: await entryHash(item.body, item.sig), account, certified };
  }));
  const fork = await addDevice(await state([one]), key, tablet, at);
  const flipped = { ...two, sig: two.sig.with(0, (two.sig[0] ?? 0) ^ 1) as Bytes };
  const bad: [string, number, string, LogItem[]][] = [
    ["signature changed", 0, "bad", [one, flipped]],
    ["signed by another account key", 0, "bad", [one, await resigned(two, newKey, {})]],
    ["another person's entry", 0, "bad", [await resigned(one, key, { user: ids.ben })]],
    ["certified already", 0, "bad", [one, await resigned(two, key, { device: ids.phone, sign: toBase64(phone.sign) })]],
    ["reset to the same account key", 0, "bad", [one, await resigned(two, key, { act: "reset" })]],
    ["a gap", 0, "bad", [one, three]],
    ["another entry 2 than known", 2, "fork", [fork]],
    ["entry 3 follows another entry 2", 2, "fork", [two, await revokeDevice(await state([one, fork]), key, ids.phone, at)]],
    ["entries missing", 3, "rollback", [two]],
    ["nothing", 3, "rollback", []],
  ];
  return {
    about: "Device log entries of one person in order, and answers of a hub that are to be refused by who has remembered the first `known` entries. Bytes are base64. See chat.md, Device log.",
    ...whose,
    good,
    bad: bad.map(([name, known, fault, entries]) => ({ name, known, fault, entries: entries.map(coded) })),
  };
}

describe("golden entries", async () => {
  const made = await makeVectors();
  const vectors = golden("device-log", made);
  const items = vectors.good.map(({ n, body, sig }) => ({ n, body: unb64(body), sig: unb64(sig) }));

  it("are what is made now", () => expect(made).toEqual(vectors));

  it.each(vectors.good)("entry $n", async ({ n, hash, account, certified }) => {
    const log = await state(items.slice(0, n));
    expect(log).toMatchObject({ n, head: hash, account });
    expect(Object.keys(log.devices).filter((id) => !certificate(log, id)?.revoked).sort()).toEqual(certified);
  });

  it.each(vectors.bad)("$name", async ({ known, fault, entries }) => {
    const before = known > 0 ? await state(items.slice(0, known)) : null;
    const answer = entries.map(({ n, body, sig }) => ({ n, body: unb64(body), sig: unb64(sig) }));
    expect(await verifyLog(before, answer, whose)).toEqual({ ok: false, fault });
  });
});
