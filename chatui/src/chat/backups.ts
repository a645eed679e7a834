import { Backup, newRecoveryCode, readRecoveryCode } from "../identity/backup.ts";
import { fromBase64, toBase64, utf8, type Bytes } from "../seal/bytes.ts";
import type { Desk } from "./desk.ts";
import { takeIn } from "./importer.ts";
import { parcels, rowsOf, type Sent } from "./letters.ts";
import type { Row } from "./records.ts";

/** State is how far the backup this device writes has come. */
interface State {
  /** base64 of the recovery code's 16 bytes. */
  readonly code: string;
  /** The chunk that is being filled: written anew until it is full. */
  readonly tail: number;
  /** By room, what full chunks hold. */
  readonly upTo: Readonly<Record<string, number>>;
}

const chunkBytes = 240_000;
const every = 60_000;
const pageRows = 500;

/** Backups writes and reads the account's encrypted backup. The code is on paper; the hub has only ciphertext. */
export class Backups {
  #desk: Desk;
  #adopt: (seed: string) => Promise<void>;
  #cancel: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(desk: Desk, adopt: (seed: string) => Promise<void>) {
    this.#desk = desk;
    this.#adopt = adopt;
  }

  async make(seed: string): Promise<string> {
    const { hub, me } = this.#desk;
    const text = await newRecoveryCode();
    const code = (await readRecoveryCode(text)) as Bytes;
    const backup = await Backup.open(code, me.user);
    await hub.dropBackup();
    await hub.putBackup(0, await backup.sealChunk(0, jsonOf({ account_seed: seed })));
    await this.#store({ code: toBase64(code), tail: 1, upTo: {} });
    await this.write();
    return text;
  }

  async drop(): Promise<void> {
    await this.#desk.hub.dropBackup();
    await this.#desk.book.shelf.dropSetting("backup");
  }

  async has(): Promise<boolean> {
    return (await this.#desk.hub.backupChunks()).includes(0);
  }

  /** recover opens the backup: this device is certified by the account key in it and takes the messages in. */
  async recover(typed: string): Promise<void> {
    const { hub, me } = this.#desk;
    const code = await readRecoveryCode(typed);
    if (!code) throw new Error("code");
    const backup = await Backup.open(code, me.user);
    const chunks = await hub.backupChunks();
    const first = chunks.includes(0) ? await backup.openChunk(0, await hub.backupChunk(0)) : null;
    const seed = first && (parse(first) as { account_seed?: unknown }).account_seed;
    if (typeof seed !== "string") throw new Error("code");
    await this.#adopt(seed);
    for (const n of chunks.filter((one) => one > 0)) await this.#read(backup, n);
    await this.#store({ code: toBase64(code), tail: Math.max(...chunks) + 1, upTo: {} });
    this.touched();
  }

  /** touched is called when there is something new; it is written some time after. */
  touched(): void {
    this.#cancel ??= this.#desk.clock.after(every, () => {
      this.#cancel = null;
      void this.write().catch(() => !this.#stopped && this.touched());
    });
  }

  write(): Promise<void> {
    const done = this.#running.then(() => this.#write());
    this.#running = done.catch(() => undefined);
    return done;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #write(): Promise<void> {
    const { book, hub, me } = this.#desk;
    let state = (await book.shelf.setting("backup")) as State | null;
    if (!state) return;
    const backup = await Backup.open(fromBase64(state.code), me.user);
    const lots = parcels(await this.#since(state.upTo), chunkBytes);
    for (const [i, lot] of lots.entries()) {
      await hub.putBackup(state.tail, await backup.sealChunk(state.tail, jsonOf({ messages: lot })));
      if (i === lots.length - 1) break;
      state = { ...state, tail: state.tail + 1, upTo: advanced(state.upTo, lot) };
      await this.#store(state);
    }
  }

  async #since(upTo: State["upTo"]): Promise<Row[]> {
    const { book } = this.#desk;
    const found: Row[] = [];
    for (const { room } of book.conversations.values()) {
      for (let from = (upTo[room] ?? 0) + 1; ; ) {
        const records = await book.shelf.records(room, from, Number.MAX_SAFE_INTEGER, pageRows, "first");
        for (const record of records) {
          const row = await book.shelf.openRow(record);
          if (row) found.push(row);
        }
        if (records.length < pageRows) break;
        from = (records.at(-1)?.seq ?? from) + 1;
      }
    }
    return found;
  }

  async #read(backup: Backup, n: number): Promise<void> {
    const plain = await backup.openChunk(n, await this.#desk.hub.backupChunk(n));
    if (!plain) return;
    const rows = rowsOf((parse(plain) as { messages?: unknown } | null)?.messages);
    await takeIn(this.#desk, rows, { restoredBy: null, brokenOnly: false });
  }

  #store(backup: State): Promise<void> {
    return this.#desk.book.save({ settings: { backup } });
  }
}

function advanced(upTo: State["upTo"], lot: readonly Sent[]): State["upTo"] {
  const after: Record<string, number> = { ...upTo };
  for (const { room, seq } of lot) after[room] = Math.max(after[room] ?? 0, seq);
  return after;
}

const jsonOf = (value: unknown): Bytes => utf8(JSON.stringify(value));

function parse(bytes: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
