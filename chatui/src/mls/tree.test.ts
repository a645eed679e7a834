// @vitest-environment node
import { describe, expect, it } from "vitest";
import { epochAuthenticator, roster } from "./group.ts";
import type { RatchetTree } from "./lib.ts";
import { MlsError } from "./mlsError.ts";
import { suite } from "./suite.ts";
import { Bureau, founded, newClient, type Client, type Room } from "./testing.ts";
import { verifyTree } from "./tree.ts";

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

describe("joining a tree with unmerged leaves", () => {
  it("works after Adds under different parents, which ts-mls itself refuses", { timeout: 30_000 }, async () => {
    const all = await clients(8);
    const [first, , , fourth, fifth, , , eighth] = all as [Client, Client, Client, Client, Client, Client, Client, Client];
    const room = await founded(first, all.slice(1));
    for (const one of all) await room.put(await one.commit({}));
    await room.put(await first.commit({ removes: [fourth.here.leaf, eighth.here.leaf] }));
    room.leave(fourth);
    room.leave(eighth);
    await room.put(await fifth.commit({}));
    await room.put(await first.commit({}));
    const late = await clients(2);
    for (const one of late) await add(room, first, one);
    const unmerged = Object.values(unmergedOf(first));
    expect(unmerged).toContainEqual([3, 7]);
    expect(unmerged).toContainEqual([3]);
    agree([...all.filter((one) => one !== fourth && one !== eighth), ...late]);
    await room.put(await (late[1] as Client).commit({}));
    await room.put(await (late[0] as Client).text("here"));
  });

  it("works after an Add with a path under another parent, as Go members commit", { timeout: 30_000 }, async () => {
    const all = await clients(8);
    const [first, second] = all as [Client, Client];
    const room = await founded(first, all.slice(1));
    for (const one of all) await room.put(await one.commit({}));
    const sixth = all[5] as Client;
    await room.put(await (all[6] as Client).commit({ removes: [sixth.here.leaf] }));
    room.leave(sixth);
    await room.put(await (all[7] as Client).commit({}));
    const late = await clients(2);
    room.leave(second);
    await add(room, first, late[0] as Client, [1]);
    await add(room, first, late[1] as Client);
    agree([...all.filter((one) => one !== second && one !== sixth), ...late]);
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
  it.each([1, 2, 3])("all agree, and everybody added can join: seed %i", { timeout: 60_000 }, async (seed) => {
    const random = randomOf(seed);
    const here = await clients(4);
    const room = await founded(here[0] as Client, here.slice(1));
    for (let step = 0; step < 18; step++) {
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
  it("is refused", { timeout: 30_000 }, async () => {
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
