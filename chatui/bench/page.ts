import { openDatabase } from "../src/store/schema.ts";
import { ChatShelf } from "../src/store/chatShelf.ts";
import { openVault } from "../src/store/vault.ts";
import type { Row, What } from "../src/chat/records.ts";
import type { Asked, Measured } from "./mls.worker.ts";

// What the driver (run.mjs) calls on the page; see there.

type Told = { measured: Measured[] } | { error: string };

async function mls(asked: Asked): Promise<Measured[]> {
  const worker = new Worker(new URL("./mls.worker.ts", import.meta.url), { type: "module" });
  const told = await new Promise<Told>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Told>) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
    worker.postMessage(asked);
  });
  worker.terminate();
  if ("error" in told) throw new Error(told.error);
  return told.measured;
}

const words = "Bitte in Zimmer 12 nachsehen, Verband gewechselt und dokumentiert. Labor ruft gleich zurück, danke für die Übergabe heute früh.".split(" ");

/** Message number seq of a ward's group: mostly a line, in twelve a paragraph, in two hundred an urgent one. */
function what(seq: number): What {
  if (seq % 211 === 0) return { kind: "line", act: "added", users: [person(seq % 9)], role: null };
  const length = seq % 12 === 0 ? 60 : 3 + (seq % 17);
  const text = Array.from({ length }, (_, i) => words[(seq + i) % words.length]).join(" ");
  return { kind: "text", text: `${seq}: ${text}`, prio: seq % 200 === 0 ? 2 : 0 };
}

const person = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

interface Filled {
  readonly user: string;
  readonly room: string;
  readonly messages: number;
}

/** fill puts a conversation into this browser's store, as if it had been received: everything is read. */
async function fill({ user, room, messages }: Filled): Promise<void> {
  const database = await openDatabase(user);
  const shelf = new ChatShelf(database, await openVault(database), user);
  const start = Date.parse("2026-09-01T06:00:00Z");
  const at = (seq: number): string => new Date(start + seq * 7 * 60_000).toISOString();
  const people = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [person(n), { name: `Kollegin ${n}`, recorder: false }]));
  const roster = [user, ...Object.keys(people)].map((one) => ({ user: one, name: people[one]?.name ?? "Käthe Müller", role: "member" as const, recorder: false }));
  await shelf.commit({
    settings: { people, about: { clinic: person(0), recorder: null, backup: false, receipts: true, push: null }, standing: { link: { step: "certified" }, waiting: [] } },
    conversations: [
      {
        room, kind: "group", title: "Station 4B", peer: null, alert: null, role: "member", muted: false, state: "ready", readSeq: messages,
        lastSeq: messages, at: at(messages), last: null, lastOf: messages, warnings: [], roster,
        receipts: roster.map((one) => ({ user: one.user, delivered: messages, read: messages })),
      },
    ],
    cursors: [{ room, seq: messages }],
  });
  const page = 500;
  for (let from = 1; from <= messages; from += page) {
    const rows = Array.from({ length: Math.min(page, messages - from + 1) }, (_, i): Row => {
      const seq = from + i;
      // Runs of three by one person, every fourth by oneself.
      const by = Math.floor(seq / 3);
      const sender = by % 4 === 0 ? user : person(by % 9);
      return { room, seq, id: crypto.randomUUID(), at: at(seq), user: sender, from: crypto.randomUUID(), restoredBy: null, what: what(seq) };
    });
    await shelf.commit({ rows });
  }
  database.close();
}

Object.assign(window, { bench: { mls, fill } });
