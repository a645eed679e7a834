import { openDatabase } from "../store/schema.ts";
import { openVault, type Vault } from "../store/vault.ts";
import { fromBase64 } from "./bytes.ts";
import { SealError } from "./envelope.ts";
import { generateKem, generateSign } from "./keys.ts";
import type { Asked, NewKeys, Opened, SealAnswer, SealedItem, SealRequest, Told } from "./protocol.ts";
import { Recipient } from "./recipient.ts";

// Private keys are in the clear only here, never on the page: what runs there
// can ask for an item to be opened but cannot read a key.

const places = { kem: "device/kem", sign: "device/sign" };

let recipient: Recipient | null = null;

async function withStore<T>(user: string, use: (vault: Vault, db: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>): Promise<T> {
  const database = await openDatabase(user);
  try {
    return await use(await openVault(database), database);
  } finally {
    database.close();
  }
}

function generate(user: string): Promise<NewKeys> {
  return withStore(user, async (vault) => {
    const [kem, sign] = await Promise.all([generateKem(), generateSign()]);
    const keys = {
      kemPublic: kem.publicKey,
      kemPrivate: await vault.seal(places.kem, kem.privateKey),
      signPublic: sign.publicKey,
      signPrivate: await vault.seal(places.sign, sign.privateKey),
    };
    kem.privateKey.fill(0);
    sign.privateKey.fill(0);
    return keys;
  });
}

function load(user: string): Promise<boolean> {
  return withStore(user, async (vault, database) => {
    recipient = null;
    const device = await database.get("device", "device");
    if (!device) return false;
    const seed = await vault.open(places.kem, device.kemPrivate);
    recipient = await Recipient.create(device.id, seed, Object.values(device.hubKeys).map(fromBase64));
    seed.fill(0);
    return true;
  });
}

async function openOne(item: SealedItem): Promise<Opened> {
  if (!recipient) return { ok: false, reason: "no_device" };
  try {
    const row = { kek: item.kek, enc: item.enc, wrap: item.row };
    const { header, content } = await recipient.open(item.body, row, item.received);
    const context = new TextDecoder().decode(header.context);
    return { ok: true, plain: content, kind: header.kind, context, expires: header.expires };
  } catch (error) {
    return { ok: false, reason: error instanceof SealError ? error.fault : "failed" };
  }
}

async function answerTo(request: SealRequest): Promise<SealAnswer> {
  switch (request.op) {
    case "generate":
      return { op: "generate", keys: await generate(request.user) };
    case "load":
      return { op: "load", found: await load(request.user) };
    case "open":
      return { op: "open", opened: await Promise.all(request.items.map(openOne)) };
  }
}

// The page's type for self has no postMessage of one argument.
const page = self as unknown as { postMessage(told: Told): void };

self.onmessage = async ({ data: { no, request } }: MessageEvent<Asked>) => {
  try {
    page.postMessage({ no, answer: await answerTo(request) });
  } catch (error) {
    page.postMessage({ no, failed: error instanceof Error ? error.name : "failed" });
  }
};
