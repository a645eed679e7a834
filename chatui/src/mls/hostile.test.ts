// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { logAfter, startLog, verifyLog } from "../identity/log.ts";
import { newAccountKey } from "../identity/accountKey.ts";
import type { Bytes } from "../seal/bytes.ts";
import { generateSign } from "../seal/keys.ts";
import { epochAuthenticator, openCommit, roster, sealMessage } from "./group.ts";
import { createCommit, encodeMlsMessage, getCiphersuiteFromName, getCiphersuiteImpl, type Proposal } from "./lib.ts";
import { MlsError } from "./mlsError.ts";
import { readKeyPackage } from "./packages.ts";
import { encodePayload, newRun } from "./payload.ts";
import { suite } from "./suite.ts";
import { Bureau, Client, clinic, founded, newClient, Refused, texts, type Item, type Room } from "./testing.ts";
import { decodePackage, encodeWire } from "./wire.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

// What a hub that wants to read along, or a recorder that obeys it, can try. In each case the
// device refuses or warns, and the conversation goes on with genuine traffic.

let bureau: Bureau;
let ann: Client;
let ben: Client;
let recorder: Client;
let room: Room;

beforeEach(async () => {
  bureau = new Bureau();
  [ann, ben, recorder] = (await Promise.all([newClient(bureau), newClient(bureau), newClient(bureau)])) as [Client, Client, Client];
  room = await founded(ann, [ben, recorder], recorder);
});

/** Genuine traffic after the attack: both ways, and a new epoch. */
async function goesOn(): Promise<void> {
  await room.put(await ann.text("from ann"));
  await room.put(await recorder.commit({}));
  await room.put(await ben.text("from ben"));
  const all = [ann, ben, recorder].map((one) => Buffer.from(epochAuthenticator(one.here)).toString("hex"));
  expect(new Set(all).size).toBe(1);
}

async function faultOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof MlsError) return `${error.cause}: ${error.detail}`;
  return error instanceof Refused ? `refused: ${error.message}` : String(error);
}

/** What an obedient member would commit, without asking anybody's log: ts-mls as it is published. */
async function obedient(by: Client, adds: readonly Bytes[], extraProposals: Proposal[] = []): Promise<Item> {
  const { state } = by.here;
  const authService = { validateCredential: async () => true };
  const made = await createCommit(
    { state: { ...state, clientConfig: { ...state.clientConfig, authService } }, cipherSuite: await suite },
    {
      wireAsPublicMessage: true,
      ratchetTreeExtension: true,
      extraProposals: [...extraProposals, ...adds.map((one) => ({ proposalType: "add", add: { keyPackage: decodePackage(one) } }) as const)],
    },
  );
  const welcome = made.welcome ? encodeWire({ version: "mls10", wireformat: "mls_welcome", welcome: made.welcome }) : null;
  return { kind: "commit", id: crypto.randomUUID(), user: by.self.user, device: by.self.device, body: encodeWire(made.commit), welcome };
}

describe("who comes in", () => {
  it("a ghost member the recorder adds on the hub's word is refused", async () => {
    const ghost = await newClient(bureau);
    const item = await obedient(recorder, [await ghost.package()]);
    for (const one of [ann, ben]) expect(await faultOf(one.take(room.id, item))).toBe("refused: uninvited");
    await goesOn();
  });

  it("a ghost the recorder names in an info of its own is refused", async () => {
    const ghost = await newClient(bureau);
    await room.put(await ann.info("ward", [ann.self.user, ben.self.user]));
    await room.put(await recorder.info("ward", [ann.self.user, ben.self.user, ghost.self.user]));
    const item = await obedient(recorder, [await ghost.package()]);
    for (const one of [ann, ben]) expect(await faultOf(one.take(room.id, item))).toBe("refused: uninvited");
    await goesOn();
  });

  it("somebody a member named is taken, and nobody who was taken out again is brought back", async () => {
    const late = await newClient(bureau);
    await room.put(await ann.info("ward", [ann.self.user, ben.self.user, late.self.user]));
    room.enter(late);
    late.recorder = recorder.self.user;
    await room.put(await recorder.commit({ adds: [await late.package()] }));
    await room.put(await recorder.commit({ removes: [late.here.leaf] }));
    room.leave(late);
    await room.put(await ben.info("ward", [ann.self.user, ben.self.user]));
    const item = await obedient(recorder, [await late.package()]);
    for (const one of [ann, ben]) expect(await faultOf(one.take(room.id, item))).toBe("refused: uninvited");
    await goesOn();
  });

  it("a device no log certifies is refused", async () => {
    const ghost = await newClient(bureau, ben.self.user, false);
    const item = await obedient(recorder, [await ghost.package()]);
    expect(await faultOf(ann.take(room.id, item))).toBe("commit: uncertified");
    await goesOn();
  });

  it("a device certified by another account key is refused with its log", async () => {
    const ghost = await newClient(bureau, ben.self.user, false);
    const known = bureau.logs.get(ben.self.user);
    const forged = await startLog({ clinic, user: ben.self.user }, await newAccountKey(), { device: ghost.self.device, sign: ghost.self.sign, kem: new Uint8Array(1_216) }, new Date());
    if (!known) throw new Error("no log");
    expect(await verifyLog(known, [forged], { clinic, user: ben.self.user })).toEqual({ ok: false, fault: "fork" });
    const item = await obedient(recorder, [await ghost.package()]);
    expect(await faultOf(ann.take(room.id, item))).toBe("commit: uncertified");
    await goesOn();
  });

  it("a device under a replaced account key comes with a warning", async () => {
    const known = bureau.logs.get(ben.self.user) ?? null;
    const ghost = await newClient(bureau, ben.self.user, false);
    await bureau.reset(ghost.self);
    const items = (bureau.items.get(ben.self.user) ?? []).filter(({ n }) => n > logAfter(known));
    expect(await verifyLog(known, items, { clinic, user: ben.self.user })).toMatchObject({ ok: true, changed: true, state: { resets: 1 } });
    room.enter(ghost);
    await room.put(await recorder.commit({ adds: [await ghost.package()] }));
    await goesOn();
  });

  it("a swapped signature key is refused", async () => {
    const { publicKey, privateKey } = await generateSign();
    const impostor = new Client({ ...ben.self, sign: publicKey, signPrivate: privateKey }, bureau);
    const item = await obedient(recorder, [await impostor.package()]);
    expect(await faultOf(ann.take(room.id, item))).toBe("commit: other key");
    await goesOn();
  });

  it("a key package swapped when a room is made is not used", async () => {
    const { publicKey, privateKey } = await generateSign();
    const impostor = new Client({ ...ben.self, sign: publicKey, signPrivate: privateKey }, bureau);
    const fresh = new Client(ann.self, bureau);
    expect(await faultOf(fresh.create(crypto.randomUUID(), [impostor]))).toBe("commit: other key");
    await goesOn();
  });

  it("a revoked device is added by nobody", async () => {
    const phone = await newClient(bureau, ben.self.user);
    const packaged = await phone.package();
    await bureau.revoke(phone.self.user, phone.self.device);
    expect(await faultOf(ann.commit({ adds: [packaged] }))).toBe("commit: revoked");
    await goesOn();
  });

  it("a device that was revoked after it was added does not stop who catches up", async () => {
    const phone = await newClient(bureau, ben.self.user);
    const packaged = await phone.package();
    room.leave(ann);
    room.enter(ann);
    const item = await recorder.commit({ adds: [packaged] });
    await bureau.revoke(phone.self.user, phone.self.device);
    await room.put(item);
    await room.put(await recorder.commit({ removes: [3] }));
    await goesOn();
  });

  it("the same device twice is refused", async () => {
    const { publicKey, privateKey } = await generateSign();
    const twin = new Client({ ...ben.self, sign: publicKey, signPrivate: privateKey }, bureau);
    const item = await obedient(recorder, [await twin.package()]);
    const both = async () => ({ sign: twin.self.sign, revoked: false });
    expect(await faultOf(openCommit(ann.here, item.body, recorder.self, both))).toBe("commit: a device twice");
    await goesOn();
  });

  it("a Welcome whose tree holds an uncertified device is refused", async () => {
    const ghost = await newClient(bureau, ben.self.user, false);
    const late = await newClient(bureau);
    const item = await obedient(ann, [await ghost.package(), await late.package()]);
    expect(await faultOf(late.take(room.id, item))).toBe("commit: uncertified");
    await goesOn();
  });

  it("a leaf of another clinic is refused", async () => {
    const foreign = await newClient(bureau, crypto.randomUUID(), false);
    const stranger = new Client({ ...foreign.self, clinic: crypto.randomUUID() }, bureau);
    const item = await obedient(recorder, [await stranger.package()]);
    expect(await faultOf(ann.take(room.id, item))).toBe("commit: foreign identity");
    expect(await faultOf(recorder.commit({ adds: [await stranger.package()] }))).toBe("commit: foreign identity");
    await goesOn();
  });
});

describe("the order of things", () => {
  it("a replayed message is refused", async () => {
    const item = await ann.text("once");
    await room.put(item);
    expect(await faultOf(ben.take(room.id, item))).toBe("replay: generation used");
    await goesOn();
  });

  it("one's own message under another id is refused", async () => {
    const item = await ann.text("mine");
    await room.put(item);
    expect(await faultOf(ann.take(room.id, { ...item, id: crypto.randomUUID() }))).toMatch(/^aad/);
    await goesOn();
  });

  it("a replayed commit is refused", async () => {
    const item = await recorder.commit({});
    await room.put(item);
    expect(await faultOf(ben.take(room.id, item))).toBe("epoch: not the current epoch");
    await goesOn();
  });

  it("reordered messages open, with a warning", async () => {
    const [one, two] = [await ann.text("1"), await ann.text("2")];
    expect(await ben.take(room.id, two)).toMatchObject({ warning: { kind: "missing", count: 1 } });
    expect(await ben.take(room.id, one)).toMatchObject({ warning: { kind: "backwards" } });
    await recorder.take(room.id, one);
    await recorder.take(room.id, two);
    await ann.take(room.id, one);
    await ann.take(room.id, two);
    await goesOn();
  });

  it("a dropped message is missed", async () => {
    await room.put(await ann.text("1"));
    await ann.text("withheld");
    const next = await ann.text("3");
    room.items.push(next);
    expect(await room.catchUp(ben)).toMatchObject([{ warning: { kind: "missing", count: 1 } }]);
    await room.deliver();
    await goesOn();
  });

  it("what was withheld opens late", async () => {
    const late = await ann.text("late");
    await recorder.take(room.id, late);
    for (let i = 0; i < 5; i++) await room.put(await recorder.commit({}));
    expect(texts([await ben.take(room.id, late)])).toEqual(["late"]);
    await goesOn();
  });

  it("a commit withheld stops the room for the device until it comes, and nothing is lost", async () => {
    room.leave(ben);
    const item = await recorder.commit({});
    await room.put(item);
    const text = await ann.text("after");
    await room.put(text);
    expect(await faultOf(ben.take(room.id, text))).toBe("epoch: in the future");
    await ben.take(room.id, item);
    expect(texts([await ben.take(room.id, text)])).toEqual(["after"]);
    room.enter(ben);
    await goesOn();
  });

  it("an old Welcome again does not open: its package is used up", async () => {
    const first = room.items[0] as Item;
    const thrown = new Client(ben.self, bureau);
    for (const [ref, secret] of ben.secrets) thrown.secrets.set(ref, secret);
    expect(await faultOf(thrown.take(room.id, first))).toBe("state_lost: no package for this welcome");
    await goesOn();
  });

  it("an old log is a rollback, another one a fork", async () => {
    const whose = { clinic, user: ben.self.user };
    await newClient(bureau, ben.self.user);
    const [known, items] = [bureau.logs.get(ben.self.user) ?? null, bureau.items.get(ben.self.user) ?? []];
    expect(await verifyLog(known, items.slice(0, 1), whose)).toEqual({ ok: false, fault: "rollback" });
    expect(await verifyLog(known, [], whose)).toEqual({ ok: false, fault: "rollback" });
    const other = new Bureau();
    other.keys.set(ben.self.user, bureau.keys.get(ben.self.user) as never);
    await other.certify(ben.self);
    await newClient(other, ben.self.user);
    await newClient(other, ben.self.user);
    const forked = (other.items.get(ben.self.user) ?? []).filter(({ n }) => n > logAfter(known));
    expect(await verifyLog(known, forked, whose)).toEqual({ ok: false, fault: "fork" });
  });
});

describe("what is in the bytes", () => {
  it("a message moved to another room is refused", async () => {
    const other = await founded(ann, []);
    const again = await newClient(bureau, ben.self.user);
    expect(other.id).not.toBe(room.id);
    const item = await recorder.text("for this room");
    expect(await faultOf(ben.take(other.id, item))).toMatch(/^aad/);
    expect(again.group).toBeNull();
    await ben.take(room.id, item);
  });

  it("a message under another item's id is refused", async () => {
    const item = await ann.text("x");
    expect(await faultOf(ben.take(room.id, { ...item, id: crypto.randomUUID() }))).toMatch(/^aad/);
    await room.put(item);
    await goesOn();
  });

  it("a message under another sender's name is refused", async () => {
    const item = await ann.text("x");
    const { user, device } = recorder.self;
    expect(await faultOf(ben.take(room.id, { ...item, user, device }))).toBe("signature: sender");
    expect(await faultOf(ben.take(room.id, { ...item, device: crypto.randomUUID() }))).toBe("signature: sender");
    await room.put(item);
    await goesOn();
  });

  it("a commit under another sender's name is refused", async () => {
    const item = await recorder.commit({});
    expect(await faultOf(ben.take(room.id, { ...item, user: ann.self.user, device: ann.self.device }))).toBe("signature: sender");
    await room.put(item);
    await goesOn();
  });

  it("a message with any bit flipped is refused", async () => {
    const item = await ann.text("x");
    for (let at = 0; at < item.body.length; at += 11) {
      const spoiled = { ...item, body: item.body.with(at, (item.body[at] ?? 0) ^ (1 << at % 8)) as Bytes };
      expect(await faultOf(ben.take(room.id, spoiled)), `byte ${at}`).toMatch(/^(aad|format|signature|epoch|replay|generation): /);
    }
    await room.put(item);
    await goesOn();
  });

  it("a commit with any bit flipped is refused", async () => {
    const item = await recorder.commit({});
    for (let at = 0; at < item.body.length; at += 37) {
      const spoiled = { ...item, body: item.body.with(at, (item.body[at] ?? 0) ^ (1 << at % 8)) as Bytes };
      expect(await faultOf(ben.take(room.id, spoiled)), `byte ${at}`).toMatch(/^(aad|format|signature|epoch|commit): /);
    }
    await room.put(item);
    await goesOn();
  });

  it("a Welcome with any bit flipped is refused", async () => {
    const late = await newClient(bureau);
    const item = await ann.commit({ adds: [await late.package()] });
    const welcome = item.welcome as Bytes;
    for (let at = 0; at < welcome.length; at += 101) {
      const spoiled = { ...item, welcome: welcome.with(at, (welcome[at] ?? 0) ^ (1 << at % 8)) as Bytes };
      expect(await faultOf(late.take(room.id, spoiled)), `byte ${at}`).toMatch(/^(format|signature|state_lost|commit|aad): /);
    }
    room.enter(late);
    await room.put(item);
    await goesOn();
  });

  it.each([
    ["nothing", (): Bytes => new Uint8Array()],
    ["a byte more", (body: Bytes): Bytes => new Uint8Array([...body, 0])],
    ["a byte less", (body: Bytes): Bytes => body.slice(0, -1)],
    ["version 0", (body: Bytes): Bytes => body.with(1, 0) as Bytes],
    ["version 2", (body: Bytes): Bytes => body.with(1, 2) as Bytes],
    ["a megabyte", (body: Bytes): Bytes => new Uint8Array([...body, ...new Uint8Array(1_048_576)])],
  ])("%s is no message and no commit", async (_, spoil) => {
    const [text, change] = [await ann.text("x"), await recorder.commit({})];
    expect(await faultOf(ben.take(room.id, { ...text, body: spoil(text.body) }))).toMatch(/^format: /);
    expect(await faultOf(ben.take(room.id, { ...change, body: spoil(change.body) }))).toMatch(/^format: /);
    await room.put(text);
    await room.put(change);
    await goesOn();
  });
});

describe("downgrades", () => {
  it("a Welcome of another suite is refused", async () => {
    const late = await newClient(bureau);
    const item = await ann.commit({ adds: [await late.package()] });
    const spoiled = (item.welcome as Bytes).with(5, 2) as Bytes;
    expect(await faultOf(late.take(room.id, { ...item, welcome: spoiled }))).toBe("format: suite");
    room.enter(late);
    await room.put(item);
    await goesOn();
  });

  it("a key package of another suite is refused", async () => {
    const late = await newClient(bureau);
    const spoiled = (await late.package()).with(7, 2) as Bytes;
    expect(await faultOf(readKeyPackage(spoiled))).toBe("format: suite");
    expect(await faultOf(ann.commit({ adds: [spoiled] }))).toBe("format: suite");
    expect(() => decodePackage(spoiled)).toThrow(MlsError);
    await goesOn();
  });

  it("a hidden commit is refused where a public one is due, and the other way round", async () => {
    const made = await createCommit({ state: recorder.here.state, cipherSuite: await suite }, {});
    const hidden = { kind: "commit" as const, id: "", user: recorder.self.user, device: recorder.self.device, body: encodeMlsMessage(made.commit) as Bytes, welcome: null };
    expect(await faultOf(ben.take(room.id, hidden))).toBe("format: not mls_public_message");
    expect(await faultOf(ben.take(room.id, { ...hidden, kind: "msg" }))).toBe("format: not an application message");
    const open = await recorder.commit({});
    expect(await faultOf(ben.take(room.id, { ...open, kind: "msg" }))).toBe("format: not mls_private_message");
    const text = await ann.text("x");
    expect(await faultOf(ben.take(room.id, { ...text, kind: "commit" }))).toBe("format: not mls_public_message");
    await room.put(text);
    await room.put(open);
    await goesOn();
  });

  it.each<[string, Proposal]>([
    ["of the group's extensions", { proposalType: "group_context_extensions", groupContextExtensions: { extensions: [] } }],
    ["of a kind of one's own", { proposalType: 0xf001, proposalData: new Uint8Array([1]) }],
  ])("a proposal %s is refused", async (_, proposal) => {
    const item = await obedient(recorder, [], [proposal]);
    expect(await faultOf(ben.take(room.id, item))).toBe("commit: proposal");
    await goesOn();
  });

  it("a commit by which a leaf changes hands is refused", async () => {
    const { state } = recorder.here;
    const [own] = state.ratchetTree.splice(4, 1, undefined);
    if (own?.nodeType !== "leaf") throw new Error("no leaf");
    const identity = new TextEncoder().encode(`${clinic}/${ann.self.user}/${crypto.randomUUID()}`);
    state.ratchetTree[4] = { nodeType: "leaf", leaf: { ...own.leaf, credential: { credentialType: "basic", identity } } };
    const made = await createCommit({ state, cipherSuite: await suite }, { wireAsPublicMessage: true });
    state.ratchetTree[4] = own;
    const body = encodeMlsMessage(made.commit) as Bytes;
    expect(await faultOf(openCommit(ben.here, body, recorder.self, bureau.certified))).toBe("commit: committer's leaf changes hands");
    await goesOn();
  });

  it("another suite's message does not open", async () => {
    const p256 = await getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMP256_AES128GCM_SHA256_P256")).catch(() => null);
    expect(p256?.name ?? "not installed").not.toBe((await suite).name);
    const bytes = encodeWire({
      version: "mls10",
      wireformat: "mls_private_message",
      privateMessage: {
        groupId: ann.here.state.groupContext.groupId,
        epoch: 1n,
        contentType: "application",
        authenticatedData: new TextEncoder().encode(`${room.id}/x`),
        encryptedSenderData: crypto.getRandomValues(new Uint8Array(28)),
        ciphertext: crypto.getRandomValues(new Uint8Array(300)),
      },
    });
    const item: Item = { kind: "msg", id: "x", user: ann.self.user, device: ann.self.device, body: bytes, welcome: null };
    expect(await faultOf(ben.take(room.id, item))).toMatch(/^signature: /);
    await goesOn();
  });
});

describe("a member of bad will", () => {
  it("cannot send into the room what is no payload", async () => {
    const id = crypto.randomUUID();
    const { body } = await sealMessage(recorder.here, new TextEncoder().encode("not JSON") as Bytes, id);
    const item: Item = { kind: "msg", id, user: recorder.self.user, device: recorder.self.device, body, welcome: null };
    expect(await faultOf(ben.take(room.id, item))).toBe("format: payload");
    expect(roster(ben.here)).toHaveLength(3);
    expect(encodePayload({ kind: "text", run: newRun(), n: 1, text: "x", prio: 0 }).length).toBeGreaterThan(0);
  });
});
