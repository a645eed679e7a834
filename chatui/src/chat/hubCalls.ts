import type { LogItem } from "../identity/log.ts";
import { fromBase64, toBase64, type Bytes } from "../seal/bytes.ts";
import type { Receipt } from "../stream/messages.ts";
import type { Person, ReceiptTime, Role } from "./model.ts";
import type { About } from "./records.ts";

/** HubError is an answer that is not 2xx, or none (status 0). */
export class HubError extends Error {
  readonly status: number;
  readonly code: string;
  /** Of 409 exists: the room that is there. */
  readonly room: string | null;

  constructor(status: number, code: string, room: string | null = null) {
    super(code);
    this.name = "HubError";
    this.status = status;
    this.code = code;
    this.room = room;
  }

  /** passing: trying again later can help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

export interface RoomInfo {
  id: string;
  kind: string;
  last_seq: number;
  role?: Role;
  muted?: boolean;
  since_seq?: number;
  read_seq?: number;
  members?: number;
  peer?: { id: string; name: string };
  alert?: string;
  at?: string;
}

export interface MemberInfo {
  user: string;
  name: string;
  role: Role;
  recorder: boolean;
  since: string;
}

/** DeviceKeys are a device's public keys as the hub has them; believed only with a log entry or a code. */
export interface DeviceKeys {
  id: string;
  name: string;
  sign: Bytes;
  kem: Bytes;
}

export interface RecorderInfo {
  user: string;
  device: string;
}

export interface HubLetter {
  id: string;
  from: string;
  body: Bytes;
}

export interface Claimed {
  user: string;
  device: string;
  body: Bytes;
}

export interface NewRoom {
  id: string;
  kind: "direct" | "group";
  members: readonly string[];
  alert?: string;
  commit: { id: string; body: Bytes };
  welcome: Bytes | null;
}

interface Problem {
  code?: string;
  room?: string;
}

type Raw = Record<string, unknown>;

const limit = 15_000;
const base = "/api/v1";
const segment = encodeURIComponent;

/** Ask sends one request; tests give their own. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** askHub talks to the origin the page came from; the session cookie goes along. */
export const askHub: Ask = async (method, path, body) => {
  const init: RequestInit = { method, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(limit) };
  if (body !== undefined) Object.assign(init, { body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const answer = await fetch(base + path, init).catch(() => null);
  if (!answer) throw new HubError(0, "unavailable");
  const json: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return json;
  const problem = (json ?? {}) as Problem;
  throw new HubError(answer.status, problem.code ?? "refused", problem.room ?? null);
};

const itemsOf = <T>(answer: unknown): T[] => ((answer as { items?: T[] | null } | null)?.items ?? []) as T[];

function keysOf(answer: unknown): DeviceKeys[] {
  const found = itemsOf<{ id: string; name?: string; sign_public: string; kem_public: string }>(answer);
  return found.map(({ id, name, sign_public, kem_public }) => ({ id, name: name ?? "", sign: fromBase64(sign_public), kem: fromBase64(kem_public) }));
}

/** HubCalls are the chat routes of docs/protocols/chat.md. */
export class HubCalls {
  #ask: Ask;

  constructor(ask: Ask = askHub) {
    this.#ask = ask;
  }

  async about(): Promise<About> {
    const found = (await this.#ask("GET", "/chat")) as Raw;
    const recorder = found["recorder"] as { user?: string } | undefined;
    return {
      clinic: String(found["clinic"]),
      recorder: recorder?.user ?? null,
      backup: found["backup"] === true,
      receipts: found["receipts"] === true,
      push: typeof found["push"] === "string" ? found["push"] : null,
    };
  }

  /** recorder is null until it has come for the first time. */
  async recorder(): Promise<RecorderInfo | null> {
    const { recorder } = (await this.#ask("GET", "/chat")) as { recorder?: Partial<RecorderInfo> };
    return recorder?.user && recorder.device ? { user: recorder.user, device: recorder.device } : null;
  }

  async search(query: string): Promise<Person[]> {
    const found = itemsOf<Person & { units: string[] | null }>(await this.#ask("GET", `/users?q=${segment(query)}&limit=50`));
    return found.map((one) => ({ ...one, units: one.units ?? [] }));
  }

  async rooms(): Promise<RoomInfo[]> {
    return itemsOf(await this.#ask("GET", "/rooms"));
  }

  /** createRoom gives the id of the room that exists instead, or null. */
  async createRoom({ commit, welcome, ...room }: NewRoom): Promise<string | null> {
    const made = { id: commit.id, body: toBase64(commit.body) };
    try {
      await this.#ask("POST", "/rooms", { ...room, commit: made, ...(welcome ? { welcome: toBase64(welcome) } : {}) });
      return null;
    } catch (error) {
      if (error instanceof HubError && error.status === 409 && error.code === "exists" && error.room) return error.room;
      throw error;
    }
  }

  /** commit rejects with 409 `epoch` when another was first. */
  async commit(room: string, { id, body }: { id: string; body: Bytes }, welcome: Bytes | null): Promise<void> {
    await this.#ask("POST", `/rooms/${room}/commits`, { id, body: toBase64(body), ...(welcome ? { welcome: toBase64(welcome) } : {}) });
  }

  async members(room: string): Promise<MemberInfo[]> {
    return itemsOf(await this.#ask("GET", `/rooms/${room}/members`));
  }

  async addMembers(room: string, users: readonly string[]): Promise<void> {
    await this.#ask("POST", `/rooms/${room}/members`, { users });
  }

  async removeMember(room: string, user: string): Promise<void> {
    await this.#ask("DELETE", `/rooms/${room}/members/${user}`);
  }

  async setRole(room: string, user: string, role: Role): Promise<void> {
    await this.#ask("PUT", `/rooms/${room}/members/${user}`, { role });
  }

  async mute(room: string, muted: boolean): Promise<void> {
    await this.#ask("PUT", `/rooms/${room}/mute`, { muted });
  }

  /** welcome is null when there is none for this device. */
  async welcome(room: string): Promise<{ seq: number; body: Bytes } | null> {
    const found = await orNull(this.#ask("GET", `/rooms/${room}/welcome`));
    if (!found) return null;
    const { seq, body } = found as { seq: number; body: string };
    return { seq, body: fromBase64(body) };
  }

  async rejoin(room: string, packageBody: Bytes, cause: string): Promise<void> {
    await this.#ask("POST", `/rooms/${room}/rejoin`, { package: toBase64(packageBody), cause });
  }

  async receipts(room: string): Promise<Receipt[]> {
    return itemsOf(await this.#ask("GET", `/rooms/${room}/receipts`));
  }

  async itemReceipts(room: string, seq: number): Promise<ReceiptTime[]> {
    const found = itemsOf<{ user: string; delivered_at?: string; read_at?: string }>(await this.#ask("GET", `/rooms/${room}/items/${seq}/receipts`));
    return found.map(({ user, delivered_at, read_at }) => ({ user, deliveredAt: delivered_at ?? null, readAt: read_at ?? null }));
  }

  async countPackages(): Promise<number> {
    return ((await this.#ask("GET", "/keypackages")) as { count: number }).count;
  }

  async putPackages(packages: readonly Bytes[], lastResort: Bytes | null): Promise<void> {
    await this.#ask("POST", "/keypackages", { packages: packages.map(toBase64), ...(lastResort ? { last_resort: toBase64(lastResort) } : {}) });
  }

  /** claim takes one package of each device of the users; the recorder comes along. */
  claim(users: readonly string[]): Promise<Claimed[]> {
    return this.#claim({ users });
  }

  claimDevice(device: string): Promise<Claimed[]> {
    return this.#claim({ devices: [device] });
  }

  async #claim(whose: { users: readonly string[] } | { devices: readonly string[] }): Promise<Claimed[]> {
    const found = itemsOf<{ user: string; device: string; package: string }>(await this.#ask("POST", "/keypackages/claim", whose));
    return found.map(({ user, device, package: body }) => ({ user, device, body: fromBase64(body) }));
  }

  async log(user: string, after: number): Promise<LogItem[]> {
    const found = itemsOf<{ n: number; body: string; sig: string }>(await this.#ask("GET", `/users/${user}/log?after=${after}`));
    return found.map(({ n, body, sig }) => ({ n, body: fromBase64(body), sig: fromBase64(sig) }));
  }

  async appendLog({ body, sig }: LogItem): Promise<void> {
    await this.#ask("POST", "/log", { body: toBase64(body), sig: toBase64(sig) });
  }

  /** ownDevices are all devices of this account, pending ones too. */
  async ownDevices(): Promise<DeviceKeys[]> {
    return keysOf(await this.#ask("GET", "/devices"));
  }

  async devicesOf(user: string): Promise<DeviceKeys[]> {
    return keysOf(await orNull(this.#ask("GET", `/users/${user}/devices`)));
  }

  async putMail(to: string, body: Bytes): Promise<void> {
    await this.#ask("POST", "/mail", { to, body: toBase64(body) });
  }

  async mail(after: string | null): Promise<HubLetter[]> {
    const found = itemsOf<{ id: string; from: string; body: string }>(await this.#ask("GET", after ? `/mail?after=${after}` : "/mail"));
    return found.map(({ id, from, body }) => ({ id, from, body: fromBase64(body) }));
  }

  async dropMail(id: string): Promise<void> {
    await orNull(this.#ask("DELETE", `/mail/${id}`));
  }

  async faults(items: readonly { room: string; seq: number; cause: string }[]): Promise<void> {
    await this.#ask("POST", "/faults", { items });
  }

  async repaired(items: readonly { room: string; seq: number }[]): Promise<void> {
    await this.#ask("POST", "/faults/repaired", { items });
  }

  async backupChunks(): Promise<number[]> {
    return ((await this.#ask("GET", "/backup")) as { chunks: number[] | null }).chunks ?? [];
  }

  async backupChunk(n: number): Promise<Bytes> {
    return fromBase64(((await this.#ask("GET", `/backup/${n}`)) as { body: string }).body);
  }

  async putBackup(n: number, body: Bytes): Promise<void> {
    await this.#ask("PUT", `/backup/${n}`, { body: toBase64(body) });
  }

  async dropBackup(): Promise<void> {
    await this.#ask("DELETE", "/backup");
  }
}

/** What is not there is no error. */
async function orNull(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof HubError && error.status === 404) return null;
    throw error;
  }
}
