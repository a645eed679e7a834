// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Hub } from "../../test/sealing.mjs";
import { equal, type Bytes } from "./bytes.ts";
import { SealError, type SealFault } from "./envelope.ts";
import { generateKem, generateSign } from "./keys.ts";
import { Recipient, type OpenedEnvelope } from "./recipient.ts";

interface Vector {
  name: string;
  device: string;
  deviceSeed: string;
  devicePublic: string;
  hubPublic: string;
  kek: string;
  enc: string;
  wrap: string;
  envelope: string;
  received: number;
  want: {
    error?: SealFault;
    kind?: number;
    id?: string;
    created?: number;
    expires?: number;
    context?: string;
    content?: string;
  };
}

const file = new URL("../../../seal/testdata/vectors.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Vector[] };

const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text, "hex"));
const text = (bytes: Bytes): string => new TextDecoder().decode(bytes);

async function open(vector: Vector): Promise<OpenedEnvelope> {
  const recipient = await Recipient.create(vector.device, hex(vector.deviceSeed), [hex(vector.hubPublic)]);
  const row = { kek: hex(vector.kek), enc: hex(vector.enc), wrap: hex(vector.wrap) };
  return recipient.open(hex(vector.envelope), row, vector.received);
}

async function faultOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof SealError ? error.fault : String(error);
}

describe("the hub's golden envelopes", () => {
  const good = cases.filter(({ want }) => !want.error);
  const bad = cases.filter(({ want }) => want.error);

  it("has both kinds", () => {
    expect(good.length).toBeGreaterThan(1);
    expect(bad.length).toBeGreaterThan(10);
  });

  it.each(good)("opens: $name", async (vector) => {
    const { header, content } = await open(vector);
    const { want } = vector;
    expect(text(content)).toBe(want.content ?? "");
    expect(equal(header.id, hex(want.id ?? ""))).toBe(true);
    expect(text(header.context)).toBe(want.context ?? "");
    expect(header).toMatchObject({ kind: want.kind, created: want.created, expires: want.expires });
  });

  it.each(bad)("refuses: $name", async (vector) => {
    expect(await faultOf(open(vector))).toBe(vector.want.error);
  });

  it("still opens after the caller has wiped the seed", async () => {
    const vector = good[0] as Vector;
    const seed = hex(vector.deviceSeed);
    const recipient = await Recipient.create(vector.device, seed, [hex(vector.hubPublic)]);
    seed.fill(0);
    const row = { kek: hex(vector.kek), enc: hex(vector.enc), wrap: hex(vector.wrap) };
    const { content } = await recipient.open(hex(vector.envelope), row, vector.received);
    expect(text(content)).toBe(vector.want.content);
  });

  it("decapsulates once for one KEK and still opens", async () => {
    const vector = good[0] as Vector;
    const recipient = await Recipient.create(vector.device, hex(vector.deviceSeed), [hex(vector.hubPublic)]);
    const row = { kek: hex(vector.kek), enc: hex(vector.enc), wrap: hex(vector.wrap) };
    const once = (): Promise<OpenedEnvelope> => recipient.open(hex(vector.envelope), row, vector.received);
    const both = await Promise.all([once(), once()]);
    expect(both.map(({ content }) => text(content))).toEqual([vector.want.content, vector.want.content]);
  });
});

// AES-GCM does not commit to its key: one ciphertext may open differently for two
// devices. The signed commitment is what forbids that, so it must be looked at.
describe("the commitment", () => {
  it.each([
    [false, null],
    [true, "sealed"],
  ])("spoiled: %s", async (spoil, fault) => {
    const [hub, { publicKey, privateKey }] = [new Hub(), await generateKem()];
    const { body, rows } = await hub.seal("a1", "text", [{ id: "d1", kem: publicKey }], spoil);
    const recipient = await Recipient.create("d1", privateKey, [new Uint8Array(hub.publicKey)]);
    const { kek, enc, row } = rows.get("d1") as NonNullable<ReturnType<typeof rows.get>>;
    const opening = recipient.open(
      new Uint8Array(body),
      { kek: new Uint8Array(kek), enc: new Uint8Array(enc), wrap: new Uint8Array(row) },
      Date.now(),
    );
    if (fault) expect(await faultOf(opening)).toBe(fault);
    else expect(text((await opening).content)).toBe("text");
  });
});

describe("new keys of a device", () => {
  it("have the lengths the hub expects and differ each time", async () => {
    const [one, other, sign] = await Promise.all([generateKem(), generateKem(), generateSign()]);
    expect(one.publicKey.length).toBe(1_216);
    expect(one.privateKey.length).toBe(32);
    expect(equal(one.privateKey, other.privateKey)).toBe(false);
    expect(sign.publicKey.length).toBe(32);
  });
});
