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

/** measure makes a group of one bulk Add, as the product does, and works in it from two sides. */
async function measure({ leaves, runs }: Asked): Promise<Measured[]> {
  const members = await Promise.all(Array.from({ length: leaves }, member));
  const keys = new Map(members.map(({ self }) => [self.device, self.sign]));
  const certified: Certified = async (_user, device) => {
    const sign = keys.get(device);
    return sign ? { sign, revoked: false } : null;
  };
  const [first, ...others] = members as [Member, ...Member[]];
  const room = crypto.randomUUID();
  const all = { create: [], join: [], commit: [], take: [], encrypt: [], decrypt: [], store: [] } as Record<string, number[]>;
  const times = (name: string): number[] => all[name] as number[];

  const made = await timed(times("create"), () => createGroup(first.self, room, others.map((one) => one.package.body), certified));
  const welcome = made.welcome as NonNullable<typeof made.welcome>;
  let mine = made.group;
  let theirs: Group | null = null;
  for (const one of others.slice(0, runs)) {
    const secret = (ref: string) => Promise.resolve(ref === one.package.ref ? one.package.secret : null);
    ({ group: theirs } = await timed(times("join"), () => join(one.self, room, welcome, secret, certified)));
  }
  if (!theirs) throw new Error("nobody has joined");

  const by = { user: first.self.user, device: first.self.device };
  let commitBytes = 0;
  for (let i = 0; i < runs; i++) {
    const next = await timed(times("commit"), () => commit(mine, {}, certified));
    ({ group: theirs } = await timed(times("take"), () => openCommit(theirs as Group, next.commit, by, certified)));
    mine = next.group;
    commitBytes = next.commit.length;
  }

  const run = newRun();
  let messageBytes = 0;
  for (let n = 1; n <= runs * 5; n++) {
    const id = crypto.randomUUID();
    const payload = encodePayload({ kind: "text", run, n, text, prio: 0 });
    const sealed = await timed(times("encrypt"), () => sealMessage(mine, payload, id));
    const opened = await timed(times("decrypt"), () => openMessage(theirs as Group, sealed.body, { ...by, room, id }));
    mine = sealed.group;
    theirs = opened.group;
    messageBytes = sealed.body.length;
  }

  let stored = 0;
  for (let i = 0; i < runs; i++) {
    await timed(times("store"), async () => {
      const bytes = encodeGroup(mine);
      decodeGroup(bytes);
      stored = bytes.length;
    });
  }
  return [
    { what: "create", times: times("create"), bytes: welcome.length },
    { what: "join", times: times("join"), bytes: 0 },
    { what: "commit", times: times("commit"), bytes: commitBytes },
    { what: "take commit", times: times("take"), bytes: 0 },
    { what: "encrypt", times: times("encrypt"), bytes: messageBytes },
    { what: "decrypt", times: times("decrypt"), bytes: 0 },
    { what: "store", times: times("store"), bytes: stored },
  ];
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  const answer = self as unknown as { postMessage(told: unknown): void };
  measure(data).then(
    (measured) => answer.postMessage({ measured }),
    (error: unknown) => answer.postMessage({ error: String(error) }),
  );
};
