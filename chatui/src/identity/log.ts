import { equal, fromBase64, toBase64, utf8, type Bytes } from "../seal/bytes.ts";
import { sha256 } from "../seal/envelope.ts";
import type { Certificate } from "../mls/leaf.ts";
import type { AccountKey } from "./accountKey.ts";
import { sign, verify } from "./ed25519.ts";
import { entryHash, readEntry, signLabel, type Act, type Entry } from "./logEntry.ts";

/** LogItem is one item of GET /users/{id}/log and the body of POST /log. */
export interface LogItem {
  readonly n: number;
  /** Bytes of the JSON object, as signed. */
  readonly body: Bytes;
  readonly sig: Bytes;
}

export interface LogDevice {
  /** base64 */
  readonly sign: string;
  /** base64 of the SHA-256 of kem_public. */
  readonly kem: string;
  readonly revoked: boolean;
}

/** LogState is what is remembered of a person's log. Plain JSON; immutable. */
export interface LogState {
  readonly clinic: string;
  readonly user: string;
  /** Number and hash (hex) of the newest entry. */
  readonly n: number;
  readonly head: string;
  /** base64 of the account key now. */
  readonly account: string;
  readonly devices: { readonly [device: string]: LogDevice };
  /** How often the account key was replaced. */
  readonly resets: number;
}

export type LogFault =
  /** Two histories were shown. */
  | "fork"
  /** Entries known before are missing now. */
  | "rollback"
  /** No valid log, whatever was known. */
  | "bad";

export type LogVerdict =
  /** `changed`: the account key is another than the one known before. */
  | { readonly ok: true; readonly state: LogState; readonly changed: boolean }
  | { readonly ok: false; readonly fault: LogFault };

export interface Whose {
  readonly clinic: string;
  readonly user: string;
}

/** NewDevice is a device to be certified. */
export interface NewDevice {
  readonly device: string;
  readonly sign: Bytes;
  /** kem_public. */
  readonly kem: Bytes;
}

/** logAfter is the `after` to ask the hub with: the newest known entry comes again, only so a rollback is seen. */
export function logAfter(known: LogState | null): number {
  return known ? known.n - 1 : 0;
}

/** verifyLog checks what the hub answered to logAfter(known) and continues what is known. */
export async function verifyLog(known: LogState | null, items: readonly LogItem[], whose: Whose): Promise<LogVerdict> {
  if (items.length === 0) return { ok: false, fault: known ? "rollback" : "bad" };
  const fault = known && (await overlap(known, items));
  if (fault) return { ok: false, fault };
  let state = known;
  for (const item of items.filter(({ n }) => n > (known?.n ?? 0))) {
    const next = await follow(state, item, whose);
    if (typeof next === "string") return { ok: false, fault: next };
    state = next;
  }
  if (!state) return { ok: false, fault: "bad" };
  return { ok: true, state, changed: known !== null && known.account !== state.account };
}

/** The newest known entry has to be there, the same, and first; entries before it are bound by its hash. */
async function overlap(known: LogState, items: readonly LogItem[]): Promise<LogFault | null> {
  const again = items.find(({ n }) => n === known.n);
  if (!again) return (items.at(-1)?.n ?? 0) < known.n ? "rollback" : "bad";
  return (await entryHash(again.body, again.sig)) === known.head ? null : "fork";
}

async function follow(state: LogState | null, { n, body, sig }: LogItem, whose: Whose): Promise<LogState | LogFault> {
  const entry = readEntry(body);
  const own = entry?.clinic === whose.clinic && entry.user === whose.user;
  if (!entry || !own || entry.n !== n || n !== (state?.n ?? 0) + 1) return "bad";
  if (!(await verify(fromBase64(entry.account), sig, utf8(signLabel), body))) return "bad";
  if (entry.prev !== (state?.head ?? "")) return "fork";
  const devices = state ? devicesAfter(state, entry) : first(entry);
  if (!devices) return "bad";
  return {
    ...whose,
    n,
    head: await entryHash(body, sig),
    account: entry.account,
    devices,
    resets: (state?.resets ?? 0) + (entry.act === "reset" ? 1 : 0),
  };
}

type Devices = LogState["devices"];

function first(entry: Entry): Devices | null {
  return entry.act === "account" ? named({}, entry) : null;
}

function devicesAfter({ account, devices }: LogState, entry: Entry): Devices | null {
  if ((entry.act === "reset") === (entry.account === account)) return null;
  switch (entry.act) {
    case "account":
      return null;
    case "device":
      return lives(devices, entry.device) ? null : named(devices, entry);
    case "revoke":
      return lives(devices, entry.device) ? revoked(devices, [entry.device]) : null;
    case "reset":
      return named(revoked(devices, Object.keys(devices)), entry);
  }
}

function lives(devices: Devices, device: string): boolean {
  return Object.hasOwn(devices, device) && !devices[device]?.revoked;
}

/** A device may be certified again, after a reset for instance, but never with other keys. */
function named(devices: Devices, { device, sign, kem }: Entry): Devices | null {
  const before = Object.hasOwn(devices, device) ? devices[device] : undefined;
  if (before && (before.sign !== sign || before.kem !== kem)) return null;
  return { ...devices, [device]: { sign, kem, revoked: false } };
}

function revoked(devices: Devices, which: readonly string[]): Devices {
  const ended = which.map((device) => [device, { ...(devices[device] as LogDevice), revoked: true }] as const);
  return { ...devices, ...Object.fromEntries(ended) };
}

/** certificate of a device, or null when the log never named it. */
export function certificate({ devices }: LogState, device: string): Certificate | null {
  const found = Object.hasOwn(devices, device) ? devices[device] : undefined;
  return found ? { sign: fromBase64(found.sign), revoked: found.revoked } : null;
}

/** hasKem tells whether a key the hub gave out is this device's: check it before sealing anything to it. */
export async function hasKem({ devices }: LogState, device: string, kemPublic: Bytes): Promise<boolean> {
  const found = Object.hasOwn(devices, device) ? devices[device] : undefined;
  return found !== undefined && equal(fromBase64(found.kem), await sha256(kemPublic));
}

/** startLog makes entry 1: account key and first device. */
export async function startLog(whose: Whose, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem> {
  return make("account", { ...whose, n: 0, head: "" }, key, await namedKeys(device), at);
}

export async function addDevice(state: LogState, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem> {
  return make("device", state, key, await namedKeys(device), at);
}

export function revokeDevice(state: LogState, key: AccountKey, device: string, at: Date): Promise<LogItem> {
  const { sign = "", kem = "" } = state.devices[device] ?? {};
  return make("revoke", state, key, { device, sign, kem }, at);
}

/** resetLog puts a new account key in place of the old one; everybody is warned. */
export async function resetLog(state: LogState, key: AccountKey, device: NewDevice, at: Date): Promise<LogItem> {
  return make("reset", state, key, await namedKeys(device), at);
}

type Named = Pick<Entry, "device" | "sign" | "kem">;

async function namedKeys({ device, sign, kem }: NewDevice): Promise<Named> {
  return { device, sign: toBase64(sign), kem: toBase64(await sha256(kem)) };
}

async function make(
  act: Act,
  { clinic, user, n, head }: Pick<LogState, "clinic" | "user" | "n" | "head">,
  key: AccountKey,
  named: Named,
  at: Date,
): Promise<LogItem> {
  const entry: Entry = {
    v: 1,
    clinic,
    user,
    n: n + 1,
    prev: head,
    act,
    account: toBase64(key.publicKey),
    device: named.device,
    sign: named.sign,
    kem: named.kem,
    at: `${at.toISOString().slice(0, 19)}Z`,
  };
  const body = utf8(JSON.stringify(entry));
  return { n: n + 1, body, sig: await sign(key.seed, utf8(signLabel), body) };
}
