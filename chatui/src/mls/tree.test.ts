// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { epochAuthenticator, roster } from "./group.ts";
import type { RatchetTree } from "./lib.ts";
import { MlsError } from "./mlsError.ts";
import { suite } from "./suite.ts";
import { Bureau, founded, newClient, Room, type Client } from "./testing.ts";
import { verifyTree } from "./tree.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bureau = new Bureau();

function clients(count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => newClient(bureau)));
}

function agree(all: readonly Client[]): void {
  const found = all.map((one) => Buffer.from(epochAuthenticator(one.here)).toString("hex"));
  expect(new Set(found).size).toBe(1);
}

async function add(room: Room, by: Client, late: Client, removes: readonly number[] = []): Promise<void> {
  room.enter(late);
  await room.put(await by.commit({ adds: [await late.package()], removes }));
}

function unmergedOf(client: Client): Record<number, readonly number[]> {
  const nodes = client.here.state.ratchetTree.entries();
  return Object.fromEntries(
    [...nodes].flatMap(([at, node]) => (node?.nodeType === "parent" ? [[at, node.parent.unmergedLeaves] as const] : [])),
  );
}

/** A room of eight leaves in which only the first and the fifth device are awake; their commits fill both halves. */
async function halfAsleep(): Promise<{ room: Room; first: Client; fifth: Client }> {
  const all = await clients(8);
  const [first, fifth] = [all[0], all[4]] as [Client, Client];
  const room = new Room();
  [first, fifth].forEach((one) => room.enter(one));
  await room.put(await first.create(room.id, all.slice(1)));
  return { room, first, fifth };
}

describe("joining a tree with unmerged leaves", () => {
  it("works after Adds under different parents, which ts-mls itself refuses", async () => {
    const { room, first, fifth } = await halfAsleep();
    await room.put(await first.commit({ removes: [3, 7] }));
    await room.put(await fifth.commit({}));
    await room.put(await first.commit({}));
    const late = await clients(2);
    for (const one of late) await add(room, first, one);
    const unmerged = Object.values(unmergedOf(first));
    expect(unmerged).toContainEqual([3, 7]);
    expect(unmerged).toContainEqual([3]);
    await room.put(await (late[1] as Client).commit({}));
    await room.put(await (late[0] as Client).text("here"));
    agree([first, fifth, ...late]);
  });

  it("works after an Add with a path under another parent, as Go members commit", async () => {
    const { room, first, fifth } = await halfAsleep();
    await room.put(await fifth.commit({ removes: [3] }));
    await room.put(await first.commit({}));
    const late = await clients(2);
    await add(room, fifth, late[0] as Client, [7]);
    expect(unmergedOf(first)).toMatchObject({ 7: [], 3: [3] });
    await add(room, first, late[1] as Client);
    agree([first, fifth, ...late]);
  });
});

// A cheap generator with a seed, so that a failure can be run again.
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("whatever members do", () => {
  it.each([1, 2, 3])("all agree, and everybody added can join: seed %i", async (seed) => {
    const random = randomOf(seed);
    const here = await clients(4);
    const room = await founded(here[0] as Client, here.slice(1));
    for (let step = 0; step < 14; step++) {
      const by = here[random(here.length)] as Client;
      const kind = here.length < 3 ? 0 : random(4);
      const gone = kind >= 2 ? here.filter((one) => one !== by)[random(here.length - 1)] : undefined;
      const removes = gone ? [gone.here.leaf] : [];
      const late = kind % 2 === 0 ? [await newClient(bureau)] : [];
      late.forEach((one) => room.enter(one));
      await room.put(await by.commit({ removes, adds: await Promise.all(late.map((one) => one.package())) }));
      if (gone) {
        expect(gone.here.removed).toBe(true);
        room.leave(gone);
        here.splice(here.indexOf(gone), 1);
      }
      here.push(...late);
      agree(here);
      expect(roster(by.here)).toHaveLength(here.length);
    }
    for (const one of here) await room.put(await one.text("here"));
  });
});

describe("a tree that was tampered with", () => {
  it("is refused", async () => {
    const all = await clients(5);
    const room = await founded(all[0] as Client, all.slice(1));
    for (const one of all) await room.put(await one.commit({}));
    const { groupContext, ratchetTree } = (all[0] as Client).here.state;
    const impl = await suite;
    const check = (tree: RatchetTree, treeHash = groupContext.treeHash): Promise<void> =>
      verifyTree(tree, { groupId: groupContext.groupId, treeHash, suite: impl, credential: async () => {} });
    await check(ratchetTree);
    const leafOf = (at: number) => {
      const node = ratchetTree[at];
      if (node?.nodeType !== "leaf") throw new Error("no leaf");
      return node;
    };
    const cases: Record<string, RatchetTree> = {
      "a leaf where a parent is": ratchetTree.with(1, leafOf(0)),
      "a parent where a leaf is": ratchetTree.with(0, ratchetTree[1]),
      "a leaf twice": ratchetTree.with(10, leafOf(8)),
      "a leaf without its parents": ratchetTree.map((node, at) => (at % 2 === 0 ? node : undefined)),
      "no leaf": ratchetTree.with(8, undefined),
    };
    for (const [name, tree] of Object.entries(cases)) {
      await expect(check(tree), name).rejects.toBeInstanceOf(MlsError);
    }
    const other = groupContext.treeHash.map((byte) => byte ^ 1);
    await expect(check(ratchetTree, other)).rejects.toMatchObject({ detail: "tree hash" });
  });
});
