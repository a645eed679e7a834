// @vitest-environment node
import { beforeAll, describe, expect, it, vi } from "vitest";
import { equal, utf8, type Bytes } from "../seal/bytes.ts";
import { commit, decodeGroup, encodeGroup, epochAuthenticator, Group, join, openMessage, peekCommit, roster, sealMessage } from "./group.ts";
import { MlsError } from "./mlsError.ts";
import { newKeyPackages, readKeyPackage, refsOf } from "./packages.ts";
import { Bureau, Client, clinic, founded, newClient, texts, type Room } from "./testing.ts";
import { decodeWire } from "./wire.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bureau = new Bureau();
let ann: Client;
let ben: Client;
let cleo: Client;

beforeAll(async () => {
  [ann, ben, cleo] = await Promise.all([newClient(bureau), newClient(bureau), newClient(bureau)]);
});

/** The same device with nothing stored yet: a group state is never shared between tests. */
function again(client: Client): Client {
  return new Client(client.self, bureau);
}

async function three(): Promise<{ room: Room; people: [Client, Client, Client] }> {
  const people: [Client, Client, Client] = [await newClient(bureau), await newClient(bureau), await newClient(bureau)];
  return { room: await founded(people[0], people.slice(1)), people };
}

function agree(...clients: readonly Client[]): void {
  const all = clients.map((one) => Buffer.from(epochAuthenticator(one.here)).toString("hex"));
  expect(new Set(all).size).toBe(1);
}

async function causeOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof MlsError ? error.cause : String(error);
}

describe("a group", () => {
  it("begins with one commit and starts at epoch 1", async () => {
    const { room, people } = await three();
    agree(...people);
    for (const one of people) expect(one.here).toMatchObject({ room: room.id, epoch: 1, removed: false });
    const users = roster(people[1].here).map(({ index, user }) => [index, user]);
    expect(users).toEqual(people.map(({ self }, index) => [index, self.user]));
  });

  it("carries messages both ways, restored from storage after each", async () => {
    const { room, people } = await three();
    for (const [i, one] of people.entries()) await room.put(await one.text(`text ${i}`));
    await room.put(await people[0].text("again"));
    agree(...people);
  });

  it("tells the sender and the epoch", async () => {
    const { room, people: [a, b] } = await three();
    const item = await a.text("x");
    const opened = await openMessage(b.here, item.body, { room: room.id, ...item });
    expect(opened).toMatchObject({ epoch: 1, sender: { index: 0, clinic, user: a.self.user, device: a.self.device } });
    expect(equal(opened.sender.sign, a.self.sign)).toBe(true);
    expect(opened.group).not.toBe(b.here);
  });

  it("adds and removes in one commit each, and what was removed reads no more", async () => {
    const { room, people: [a, b, c] } = await three();
    const late = await newClient(bureau);
    room.enter(late);
    await room.put(await b.commit({ adds: [await late.package()] }));
    agree(a, b, c, late);
    await room.put(await a.commit({ removes: [c.here.leaf] }));
    expect(c.here.removed).toBe(true);
    room.leave(c);
    await room.put(await late.text("without c"));
    agree(a, b, late);
    const item = room.items.at(-1);
    if (!item) throw new Error("no item");
    expect(await causeOf(c.take(room.id, item))).toBe("epoch");
    await expect(c.text("x")).rejects.toMatchObject({ cause: "commit" });
  });

  it("refreshes keys with an empty commit", async () => {
    const { room, people } = await three();
    const before = epochAuthenticator(people[0].here);
    await room.put(await people[1].commit({}));
    agree(...people);
    expect(equal(before, epochAuthenticator(people[0].here))).toBe(false);
  });

  it("takes one of two racing commits; the loser follows and commits again", async () => {
    const { room, people: [a, b, c] } = await three();
    const late = await newClient(bureau);
    room.enter(late);
    const won = await a.commit({});
    const lost = await b.commit({ adds: [await late.package()] });
    expect(lost.id).not.toBe(won.id);
    room.leave(late);
    await room.put(won);
    room.enter(late);
    await room.put(await b.commit({ adds: [await late.package()] }));
    agree(a, b, c, late);
  });

  it("takes a device back that lost its state: Remove and Add in one commit", async () => {
    const { room, people: [a, b, c] } = await three();
    const leaf = c.here.leaf;
    c.lose();
    await room.put(await a.commit({ removes: [leaf], adds: [await c.package()] }));
    agree(a, b, c);
    await room.put(await c.text("back"));
  });

  it("has two leaves for two devices of one person", async () => {
    const { room, people: [a, , c] } = await three();
    const phone = await newClient(bureau, a.self.user);
    room.enter(phone);
    await room.put(await c.commit({ adds: [await phone.package()] }));
    expect(roster(c.here).filter(({ user }) => user === a.self.user)).toHaveLength(2);
    await room.put(await phone.text("from the phone"));
  });
});

describe("messages", () => {
  it("are padded to multiples of 256 bytes", async () => {
    const { people: [a] } = await three();
    const lengths = new Set<number>();
    for (const length of [1, 50, 63, 64, 150, 187, 188, 189, 190]) {
      const { body } = await sealMessage(a.here, new Uint8Array(length), crypto.randomUUID());
      const { ciphertext } = decodeWire(body, "mls_private_message").privateMessage;
      lengths.add(ciphertext.length - 16);
    }
    expect([...lengths].sort()).toEqual([256, 512]);
  });

  it("larger than an item may be are refused before anything is sent", async () => {
    const { people: [a] } = await three();
    await expect(sealMessage(a.here, new Uint8Array(61 * 1024), crypto.randomUUID())).rejects.toBeInstanceOf(RangeError);
  });

  it("open in any order, each once", async () => {
    const { room, people: [a, b] } = await three();
    const items = [await a.text("1"), await a.text("2"), await a.text("3")];
    for (const i of [2, 0, 1]) await b.take(room.id, items[i] as (typeof items)[number]);
    for (const item of items) expect(await causeOf(b.take(room.id, item))).toBe("replay");
  });

  it("open after 300 of the sender were never seen, and not after 5,001", async () => {
    const { room, people: [a, b] } = await three();
    for (let i = 0; i < 300; i++) a.group = (await sealMessage(a.here, utf8("lost"), crypto.randomUUID())).group;
    await b.take(room.id, await a.text("found"));
    const { state } = a.here;
    const node = state.secretTree[0];
    if (!node) throw new Error("no node");
    const ahead = { ...node.application, generation: node.application.generation + 5_001 };
    const secretTree = state.secretTree.with(0, { ...node, application: ahead });
    a.group = new Group({ ...state, secretTree });
    expect(await causeOf(b.take(room.id, await a.text("too far")))).toBe("generation");
  });

  it("of earlier epochs open for eight epochs", async () => {
    const { room, people: [a, b] } = await three();
    const old = await a.text("old");
    const older = await a.text("older");
    for (let i = 0; i < 8; i++) await room.put(await a.commit({}));
    await b.take(room.id, old);
    await room.put(await a.commit({}));
    expect(await causeOf(b.take(room.id, older))).toBe("epoch");
  });

  it("of a later epoch wait for its commit", async () => {
    const { room, people: [a, b] } = await three();
    const commit = await a.commit({});
    await a.take(room.id, commit);
    const item = await a.text("early");
    expect(await causeOf(b.take(room.id, item))).toBe("epoch");
    await b.take(room.id, commit);
    expect(texts([await b.take(room.id, item)])).toEqual(["early"]);
  });
});

describe("key packages", () => {
  it("say whose they are and how long they hold", async () => {
    const [single] = await newKeyPackages(ann.self, 1, false);
    const [last] = await newKeyPackages(ann.self, 1, true);
    if (!single || !last) throw new Error("no package");
    const facts = await readKeyPackage(single.body);
    expect(facts).toMatchObject({ clinic, user: ann.self.user, device: ann.self.device, ref: single.ref, lastResort: false });
    expect(equal(facts.sign, ann.self.sign)).toBe(true);
    expect(await readKeyPackage(last.body)).toMatchObject({ lastResort: true });
    const days = (single.notAfter - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(27.9);
    expect(days).toBeLessThanOrEqual(28);
  });

  it("are read bare too", async () => {
    const framed = await ben.package();
    expect((await readKeyPackage(framed.slice(4))).ref).toBe((await readKeyPackage(framed)).ref);
  });

  it("are refused with any byte changed or missing", async () => {
    const body = await ben.package();
    for (let at = 0; at < body.length; at += 7) {
      const spoiled = body.with(at, (body[at] ?? 0) ^ 0x10) as Bytes;
      await expect(readKeyPackage(spoiled)).rejects.toBeInstanceOf(MlsError);
    }
    await expect(readKeyPackage(body.slice(0, -1))).rejects.toMatchObject({ cause: "format" });
    await expect(readKeyPackage(new Uint8Array([...body, 0]))).rejects.toMatchObject({ cause: "format" });
  });

  it("of last resort bring a device in twice", async () => {
    const { room, people: [a, b] } = await three();
    const late = await newClient(bureau);
    const last = await late.package(true);
    room.enter(late);
    await room.put(await a.commit({ adds: [last] }));
    const other = await founded(b, []);
    other.enter(late);
    late.lose();
    await other.put(await b.commit({ adds: [last] }));
    agree(b, late);
  });

  it("that have expired are not added", async () => {
    const { people: [a] } = await three();
    const late = await newClient(bureau);
    const old = await late.package();
    const later = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 29 * 86_400_000);
    await expect(a.commit({ adds: [old] })).rejects.toMatchObject({ cause: "commit" });
    later.mockRestore();
  });

  it("name their Welcome", async () => {
    const [a, b] = [again(ann), again(ben)];
    const item = await a.create(crypto.randomUUID(), [b]);
    const [ref = ""] = refsOf(item.welcome as Bytes);
    expect(b.secrets.has(ref)).toBe(true);
    expect(peekCommit(item.body).adds.map(({ user }) => user)).toEqual([b.self.user]);
  });
});

describe("a Welcome", () => {
  it("without a package of ours is a lost state", async () => {
    const room = crypto.randomUUID();
    const item = await again(ann).create(room, [ben]);
    const joining = join(cleo.self, room, item.welcome as Bytes, async () => null, bureau.certified);
    expect(await causeOf(joining)).toBe("state_lost");
  });

  it("into another room is refused", async () => {
    const item = await again(ann).create(crypto.randomUUID(), [ben]);
    const found = async (ref: string): Promise<Bytes | null> => ben.secrets.get(ref) ?? null;
    const joining = join(ben.self, crypto.randomUUID(), item.welcome as Bytes, found, bureau.certified);
    expect(await causeOf(joining)).toBe("aad");
  });

  it("passes on what the caller's own look-up throws", async () => {
    const room = crypto.randomUUID();
    const item = await again(ann).create(room, [ben]);
    const found = async (ref: string): Promise<Bytes | null> => ben.secrets.get(ref) ?? null;
    const offline = new TypeError("no network");
    await expect(join(ben.self, room, item.welcome as Bytes, found, () => Promise.reject(offline))).rejects.toBe(offline);
  });
});

describe("a stored state", () => {
  it("that is cut, longer, empty or of another version is lost", async () => {
    const { people: [a] } = await three();
    const bytes = encodeGroup(a.here);
    const wrong = [bytes.slice(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array(), bytes.with(0, 2) as Bytes];
    for (const one of wrong) expect(() => decodeGroup(one)).toThrow(expect.objectContaining({ cause: "state_lost" }) as Error);
    expect(equal(encodeGroup(decodeGroup(bytes)), bytes)).toBe(true);
  });

  it("does not change by what is done with it", async () => {
    const { room, people: [a, b] } = await three();
    const [before, group] = [encodeGroup(a.here), a.here];
    await sealMessage(group, utf8("x"), crypto.randomUUID());
    await commit(group, { removes: [b.here.leaf] }, bureau.certified);
    await openMessage(group, (await b.text("y")).body, { room: room.id, id: "", user: "", device: "" }).catch(() => null);
    expect(equal(encodeGroup(group), before)).toBe(true);
  });
});

describe("256 leaves", () => {
  it("are the most: more are refused", async () => {
    const { people: [a] } = await three();
    const packages = await Promise.all(Array.from({ length: 3 }, async () => (await newClient(bureau)).package()));
    const { state } = a.here;
    const tree = [...state.ratchetTree];
    const [first] = tree;
    if (first?.nodeType !== "leaf" || first.leaf.credential.credentialType !== "basic") throw new Error("no leaf");
    for (let leaf = 3; leaf < 255; leaf++) {
      tree.length = Math.max(tree.length, leaf * 2 + 1);
      const identity = utf8(`${clinic}/${crypto.randomUUID()}/${crypto.randomUUID()}`);
      const keys = { hpkePublicKey: crypto.getRandomValues(new Uint8Array(32)), signaturePublicKey: crypto.getRandomValues(new Uint8Array(32)) };
      tree[leaf * 2] = { nodeType: "leaf", leaf: { ...first.leaf, ...keys, credential: { credentialType: "basic", identity } } };
    }
    tree.length = 511;
    const full = new Group({ ...state, ratchetTree: Array.from(tree) });
    await expect(commit(full, { adds: packages.slice(0, 1) }, bureau.certified)).resolves.toBeDefined();
    expect(await causeOf(commit(full, { adds: packages.slice(0, 2) }, bureau.certified))).toBe("commit");
  });
});
