import { commit, createGroup, decodeGroup, encodeGroup, join, openCommit, openMessage, sealMessage, type Group } from "../src/mls/group.ts";
import type { Certified, Self } from "../src/mls/leaf.ts";
import { newKeyPackages, type NewPackage } from "../src/mls/packages.ts";
import { encodePayload, newRun } from "../src/mls/payload.ts";
import { generateSign } from "../src/seal/keys.ts";

// Measures MLS where the product runs it: in a worker, with the product's own modules. Nothing
// is stored, and device logs answer at once.

/** Measured is the times of one kind of call, in ms, in the order they were taken. */
export interface Measured {
  readonly what: "create" | "join" | "commit" | "take commit" | "encrypt" | "decrypt" | "store";
  readonly times: number[];
  /** Bytes of what the call made; 0: nothing that is sent. */
  readonly bytes: number;
}

export interface Asked {
  readonly leaves: number;
  readonly runs: number;
}

interface Member {
  readonly self: Self;
  readonly package: NewPackage;
}

const clinic = "00000000-0000-7000-8000-000000000000";

async function member(): Promise<Member> {
  const { publicKey, privateKey } = await generateSign();
  const self = { clinic, user: crypto.randomUUID(), device: crypto.randomUUID(), sign: publicKey, signPrivate: privateKey };
  const [made] = await newKeyPackages(self, 1, false);
  return { self, package: made as NewPackage };
}

async function timed<T>(times: number[], run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await run();
  times.push(performance.now() - start);
  return value;
}

/** The length of a message of 1 KB once it is in its JSON. */
const text = "Bitte in Zimmer 12 nachsehen. ".repeat(34).slice(0, 1_000);

/** Scene is one group as its creator and as another member see it. */
interface Scene {
  readonly by: { user: string; device: string };
  readonly room: string;
  readonly certified: Certified;
  mine: Group;
  theirs: Group;
}

function logsOf(members: readonly Member[]): Certified {
  const keys = new Map(members.map(({ self }) => [self.device, self.sign]));
  return async (_user, device) => {
    const sign = keys.get(device);
    return sign ? { sign, revoked: false } : null;
  };
}

/** A group of one bulk Add, as the product makes it; as many as `runs` join it. */
async function found({ leaves, runs }: Asked, told: Measured[]): Promise<Scene> {
  const members = await Promise.all(Array.from({ length: leaves }, member));
  const [first, ...others] = members as [Member, ...Member[]];
  const certified = logsOf(members);
  const room = crypto.randomUUID();
  const [create, joins]: [number[], number[]] = [[], []];
  const made = await timed(create, () => createGroup(first.self, room, others.map((one) => one.package.body), certified));
  const welcome = made.welcome as NonNullable<typeof made.welcome>;
  let theirs: Group | null = null;
  for (const one of others.slice(0, runs)) {
    const secret = (ref: string) => Promise.resolve(ref === one.package.ref ? one.package.secret : null);
    ({ group: theirs } = await timed(joins, () => join(one.self, room, welcome, secret, certified)));
  }
  if (!theirs) throw new Error("nobody has joined");
  told.push({ what: "create", times: create, bytes: welcome.length }, { what: "join", times: joins, bytes: 0 });
  return { by: { user: first.self.user, device: first.self.device }, room, certified, mine: made.group, theirs };
}

async function commits(scene: Scene, runs: number, told: Measured[]): Promise<void> {
  const [commitTimes, takeTimes]: [number[], number[]] = [[], []];
  let bytes = 0;
  for (let i = 0; i < runs; i++) {
    const next = await timed(commitTimes, () => commit(scene.mine, {}, scene.certified));
    ({ group: scene.theirs } = await timed(takeTimes, () => openCommit(scene.theirs, next.commit, scene.by, scene.certified)));
    scene.mine = next.group;
    bytes = next.commit.length;
  }
  told.push({ what: "commit", times: commitTimes, bytes }, { what: "take commit", times: takeTimes, bytes: 0 });
}

async function messages(scene: Scene, count: number, told: Measured[]): Promise<void> {
  const [sealTimes, openTimes]: [number[], number[]] = [[], []];
  const run = newRun();
  let bytes = 0;
  for (let n = 1; n <= count; n++) {
    const id = crypto.randomUUID();
    const payload = encodePayload({ kind: "text", run, n, text, prio: 0 });
    const sealed = await timed(sealTimes, () => sealMessage(scene.mine, payload, id));
    const opened = await timed(openTimes, () => openMessage(scene.theirs, sealed.body, { ...scene.by, room: scene.room, id }));
    scene.mine = sealed.group;
    scene.theirs = opened.group;
    bytes = sealed.body.length;
  }
  told.push({ what: "encrypt", times: sealTimes, bytes }, { what: "decrypt", times: openTimes, bytes: 0 });
}

async function stores({ mine }: Scene, runs: number, told: Measured[]): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < runs; i++) {
    await timed(times, async () => {
      const state = encodeGroup(mine);
      decodeGroup(state);
      bytes = state.length;
    });
  }
  told.push({ what: "store", times, bytes });
}

async function measure(asked: Asked): Promise<Measured[]> {
  const told: Measured[] = [];
  const scene = await found(asked, told);
  await commits(scene, asked.runs, told);
  await messages(scene, asked.runs * 5, told);
  await stores(scene, asked.runs, told);
  return told;
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const answer = self as unknown as { postMessage(told: unknown): void };
  measure(data).then(
    (measured) => answer.postMessage({ measured }),
    (error: unknown) => answer.postMessage({ error: String(error) }),
  );
};
