// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { equal, toBase64, utf8, type Bytes } from "../seal/bytes.ts";
import { sha256 } from "../seal/envelope.ts";
import { generateKem, generateSign } from "../seal/keys.ts";
import { accountKeyFrom, newAccountKey } from "./accountKey.ts";
import { Backup, chunkLimit, chunkRoom, newRecoveryCode, printCode, readRecoveryCode } from "./backup.ts";
import { decodeBits, encodeBits, tidy } from "./crockford.ts";
import { checkClaim, claimMac, linkCode, linkQr, matches, newOffer, offerQr, parseScanned, type LinkDevice, type Scanned } from "./link.ts";
import { MailError, mailLimit, openLetter, sealLetter, type Letter } from "./mail.ts";
import { drawQr } from "@wardline/uikit/components/qrPicture.ts";
import { readQr } from "./qr.ts";
import { checkSafetyQr, safetyNumber, safetyQr } from "./safety.ts";
import { filled, golden, ids, unb64 } from "./testing.ts";

// Made for a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const phone: LinkDevice = { user: ids.ann, device: ids.phone, sign: filled(32, 1), kem: filled(1_216, 7) };
const ann = { user: ids.ann, account: filled(32, 0x40) };
const ben = { user: ids.ben, account: filled(32, 0x80) };

describe("an account key", () => {
  it("comes back from its seed", async () => {
    const key = await newAccountKey();
    expect(await accountKeyFrom(key.seed)).toEqual(key);
    expect(key.publicKey.length).toBe(32);
  });

  it("is that of RFC 8032 section 7.1, test 1", async () => {
    const seed = new Uint8Array(Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex"));
    const { publicKey } = await accountKeyFrom(seed);
    expect(Buffer.from(publicKey).toString("hex")).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  });

  it("has 32 bytes", async () => {
    await expect(accountKeyFrom(new Uint8Array(31))).rejects.toBeInstanceOf(RangeError);
  });
});

describe("a safety number", () => {
  it("is the same on both sides and another for another key", async () => {
    const number = await safetyNumber(ann, ben);
    expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await safetyNumber(ben, ann)).toBe(number);
    expect(await safetyNumber(ann, { ...ben, account: filled(32, 0x81) })).not.toBe(number);
    expect(await safetyNumber({ ...ann, user: ids.desk }, ben)).not.toBe(number);
  });

  it("is checked by the other's QR", async () => {
    const shown = await safetyQr(ann, ben);
    expect(await checkSafetyQr(`${shown}\n`, ben, ann)).toBe(true);
    expect(await checkSafetyQr(shown, ben, { ...ann, account: filled(32, 0x41) })).toBe(false);
    expect(await checkSafetyQr("wardline:link:1:x:y", ben, ann)).toBe(false);
    expect(await checkSafetyQr("", ben, ann)).toBe(false);
  });
});

describe("Crockford's base32", () => {
  it("comes back", () => {
    for (let i = 0; i < 200; i++) {
      const bytes = crypto.getRandomValues(new Uint8Array(20));
      expect(equal(decodeBits(encodeBits(bytes, 160)), bytes)).toBe(true);
    }
  });

  it.each([
    ["abcd efgh", "ABCDEFGH"],
    ["o0-O0", "0000"],
    ["i1lL", "1111"],
    ["a–b—c", "ABC"],
    ["u", null],
    ["ä", null],
    ["A_B", null],
  ])("tidies %s", (typed, want) => expect(tidy(typed)).toBe(want));
});

describe("linking", () => {
  it("finds the pending device by its QR and by its typed code", async () => {
    const other = { ...phone, device: ids.desk };
    const typed = (await linkCode(phone)).toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
    for (const text of [await linkQr(phone), await linkCode(phone), typed]) {
      const scanned = parseScanned(text) as Scanned;
      expect(await matches(scanned, phone)).toBe(true);
      expect(await matches(scanned, other)).toBe(false);
      expect(await matches(scanned, { ...phone, kem: filled(1_216, 8) })).toBe(false);
      expect(await matches(scanned, { ...phone, sign: filled(32, 2) })).toBe(false);
    }
  });

  it("shows codes of three groups", async () => {
    expect(await linkCode(phone)).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  });

  it("offers an account to a new device, which claims it", async () => {
    const offer = newOffer(ids.ann, ids.desk, ann.account);
    const scanned = parseScanned(offerQr(offer));
    expect(scanned).toEqual({ kind: "offer", offer });
    const mac = await claimMac(offer.secret, phone);
    expect(await checkClaim(offer.secret, phone, mac)).toBe(true);
    expect(await checkClaim(filled(32, 1), phone, mac)).toBe(false);
    expect(await checkClaim(offer.secret, { ...phone, sign: filled(32, 2) }, mac)).toBe(false);
    expect(await checkClaim(offer.secret, { ...phone, kem: filled(1_216, 2) }, mac)).toBe(false);
    expect(await checkClaim(offer.secret, { ...phone, device: ids.desk }, mac)).toBe(false);
    expect(await checkClaim(offer.secret, phone, mac.slice(1))).toBe(false);
    expect(await matches(scanned as Scanned, phone)).toBe(false);
  });

  it.each([
    "",
    "https://example.org",
    "ABCD-EFGH",
    "ABCD-EFGH-JKMU",
    `wardline:link:2:${ids.phone}:ABCDEFGHJKMN`,
    `wardline:link:1:x:ABCDEFGHJKMN`,
    `wardline:link:1:${ids.phone}:ABCD`,
    `wardline:link:1:${ids.phone}:ABCDEFGHJKMN:x`,
    `wardline:offer:1:${ids.ann}:${ids.phone}:${"A".repeat(43)}`,
    `wardline:offer:1:${ids.ann}:${ids.phone}:${"A".repeat(43)}:${"A".repeat(42)}`,
    `wardline:offer:1:${ids.ann}:${ids.phone}:${"A".repeat(43)}:${"A".repeat(42)}B`,
    `wardline:offer:1:${ids.ann}:x:${"A".repeat(43)}:${"A".repeat(43)}`,
  ])("reads nothing from %j", (text) => expect(parseScanned(text)).toBeNull());
});

async function faultOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof MailError ? error.fault : String(error);
}

describe("mail", async () => {
  const [kem, other, sign, stranger] = await Promise.all([generateKem(), generateKem(), generateSign(), generateSign()]);
  const letter: Letter = { kind: "ask", from: ids.desk, to: ids.phone, at: "2026-11-27T09:00:00Z", body: { room: ids.ben, from: 3, to: 9 } };
  const me = { device: ids.phone, kemPrivate: kem.privateKey };
  const from = { device: ids.desk, sign: sign.publicKey };

  it("arrives", async () => {
    const sealed = await sealLetter(letter, sign.privateKey, kem.publicKey);
    expect(await openLetter(sealed, me, from)).toEqual(letter);
  });

  it("of 384 KiB arrives, and more is not sent", async () => {
    const empty = (await sealLetter({ ...letter, body: { text: "" } }, sign.privateKey, kem.publicKey)).length;
    const full = { ...letter, body: { text: "x".repeat(mailLimit - empty) } };
    const sealed = await sealLetter(full, sign.privateKey, kem.publicKey);
    expect(sealed.length).toBe(mailLimit);
    expect(await openLetter(sealed, me, from)).toEqual(full);
    const more = { ...letter, body: { text: "x".repeat(mailLimit - empty + 1) } };
    expect(await faultOf(sealLetter(more, sign.privateKey, kem.publicKey))).toBe("too_large");
    expect(await faultOf(openLetter(new Uint8Array(mailLimit + 1), me, from))).toBe("too_large");
  });

  it("is refused from or for another, changed, or signed by another", async () => {
    const sealed = await sealLetter(letter, sign.privateKey, kem.publicKey);
    const toOther = await sealLetter({ ...letter, to: ids.tablet }, sign.privateKey, kem.publicKey);
    const inOthersName = await sealLetter({ ...letter, from: ids.tablet }, sign.privateKey, kem.publicKey);
    expect(await faultOf(openLetter(sealed, { ...me, kemPrivate: other.privateKey }, from))).toBe("sealed");
    expect(await faultOf(openLetter(sealed, { ...me, device: ids.tablet }, from))).toBe("sealed");
    expect(await faultOf(openLetter(toOther, me, from))).toBe("sealed");
    expect(await faultOf(openLetter(sealed, me, { ...from, sign: stranger.publicKey }))).toBe("signature");
    expect(await faultOf(openLetter(sealed, me, { ...from, device: ids.tablet }))).toBe("sender");
    expect(await faultOf(openLetter(inOthersName, me, from))).toBe("sender");
    for (let at = 0; at < sealed.length; at += 97) {
      const spoiled = sealed.with(at, (sealed[at] ?? 0) ^ 1) as Bytes;
      expect(await faultOf(openLetter(spoiled, me, from))).toBe("sealed");
    }
    expect(await faultOf(openLetter(sealed.slice(0, 100), me, from))).toBe("format");
  });

  it.each<[string, unknown]>([
    ["another kind", { ...letter, kind: "order" }],
    ["no body", { ...letter, body: undefined }],
    ["no time", { ...letter, at: 3 }],
  ])("with %s is refused", async (_, wrong) => {
    const sealed = await sealLetter(wrong as Letter, sign.privateKey, kem.publicKey);
    expect(await faultOf(openLetter(sealed, me, from))).toBe("format");
  });
});

describe("a recovery code", () => {
  it("is printed and typed in again, however badly", async () => {
    for (let i = 0; i < 50; i++) {
      const printed = await newRecoveryCode();
      expect(printed).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){6}$/);
      const code = await readRecoveryCode(printed);
      expect(code?.length).toBe(16);
      const typed = ` ${printed.toLowerCase().replaceAll("-", "  ").replaceAll("0", "o").replaceAll("1", "l")} `;
      expect(await readRecoveryCode(typed)).toEqual(code);
    }
  });

  it("with a letter wrong, missing or exchanged is noticed", async () => {
    const printed = (await printCode(filled(16, 0x11))).replaceAll("-", "");
    for (let at = 0; at < printed.length; at++) {
      const wrong = printed.slice(0, at) + (printed[at] === "7" ? "8" : "7") + printed.slice(at + 1);
      expect(await readRecoveryCode(wrong)).toBeNull();
    }
    for (const wrong of ["", printed.slice(1), `${printed}0`, printed.replace(/./, "U"), "x".repeat(10_000)]) {
      expect(await readRecoveryCode(wrong)).toBeNull();
    }
  });
});

describe("a backup", () => {
  it("opens with the code, in its place, unchanged, and not otherwise", async () => {
    const backup = await Backup.open(filled(16, 1), ids.ann);
    const sealed = await backup.sealChunk(3, utf8("history"));
    expect(await backup.openChunk(3, sealed)).toEqual(utf8("history"));
    expect(await backup.openChunk(4, sealed)).toBeNull();
    expect(await (await Backup.open(filled(16, 2), ids.ann)).openChunk(3, sealed)).toBeNull();
    expect(await (await Backup.open(filled(16, 1), ids.ben)).openChunk(3, sealed)).toBeNull();
    for (let at = 0; at < sealed.length; at++) {
      expect(await backup.openChunk(3, sealed.with(at, (sealed[at] ?? 0) ^ 1) as Bytes)).toBeNull();
    }
    expect(await backup.openChunk(3, new Uint8Array())).toBeNull();
  });

  it("has chunks of at most 256 KiB", async () => {
    const backup = await Backup.open(filled(16, 1), ids.ann);
    const sealed = await backup.sealChunk(0, new Uint8Array(chunkRoom));
    expect(sealed.length).toBe(chunkLimit);
    expect((await backup.openChunk(0, sealed))?.length).toBe(chunkRoom);
    await expect(backup.sealChunk(0, new Uint8Array(chunkRoom + 1))).rejects.toBeInstanceOf(RangeError);
    await expect(Backup.open(filled(15, 1), ids.ann)).rejects.toBeInstanceOf(RangeError);
  });
});

/** paint draws the path of a picture, as a camera would see it: several pixels a module. */
function paint(path: string, size: number, scale: number): { data: Uint8ClampedArray; width: number; height: number } {
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x = "", y = "", length = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let at = Number(x) * scale; at < (Number(x) + Number(length)) * scale; at++) data.fill(0, (row * width + at) * 4, (row * width + at) * 4 + 3);
    }
  }
  return { data, width, height: width };
}

describe("a QR code", () => {
  it.each([["a link", async () => linkQr(phone)], ["an offer", async () => offerQr(newOffer(ids.ann, ids.desk, ann.account))], ["a safety number", async () => safetyQr(ann, ben)]])(
    "of %s is read back from its picture",
    async (_, make) => {
      const text = await make();
      const { size, path } = drawQr(text);
      expect(readQr(paint(path, size, 4))).toBe(text);
    },
  );

  it("is not seen where none is, nor in a broken picture", () => {
    const blank = new Uint8ClampedArray(100 * 100 * 4).fill(255);
    expect(readQr({ data: blank, width: 100, height: 100 })).toBeNull();
    expect(readQr({ data: blank, width: 100, height: 101 })).toBeNull();
    expect(readQr({ data: new Uint8ClampedArray(), width: 10_000, height: 10_000 })).toBeNull();
  });
});

describe("golden vectors", async () => {
  const mailSeed = filled(32, 0x20);
  const [signer, kemKeys] = await Promise.all([accountKeyFrom(mailSeed), generateKem()]);
  const letter: Letter = { kind: "ask", from: ids.desk, to: ids.phone, at: "2026-11-27T09:00:00Z", body: { room: ids.ben, from: 3, to: 9 } };
  const code = filled(16, 0x11);
  const backup = await Backup.open(code, ids.ann);
  const offer = { user: ids.ann, device: ids.desk, account: ann.account, secret: filled(32, 0xa0) };

  const fixed = {
    about: "Bytes are base64. Mail and backup were sealed once with random numbers: open them. See chat.md.",
    safety: { one: ids.ann, oneAccount: toBase64(ann.account), other: ids.ben, otherAccount: toBase64(ben.account), number: await safetyNumber(ann, ben), qr: await safetyQr(ann, ben) },
    link: {
      user: phone.user,
      device: phone.device,
      sign: toBase64(phone.sign),
      kem: toBase64(phone.kem),
      code: await linkCode(phone),
      qr: await linkQr(phone),
    },
    offer: { secret: toBase64(offer.secret), account: toBase64(offer.account), qr: offerQr(offer), claim: toBase64(await claimMac(offer.secret, phone)) },
    recovery: { code: toBase64(code), printed: await printCode(code) },
  };
  const sealedNow = {
    mail: {
      label: toBase64(utf8("wardline mail v1\0")),
      signSeed: toBase64(mailSeed),
      signPublic: toBase64(signer.publicKey),
      kemPrivate: toBase64(kemKeys.privateKey),
      kemPublicSha256: toBase64(await sha256(kemKeys.publicKey)),
      letter,
      sealed: toBase64(await sealLetter(letter, mailSeed, kemKeys.publicKey)),
    },
    backup: { user: ids.ann, n: 7, plain: toBase64(utf8("chunk")), sealed: toBase64(await backup.sealChunk(7, utf8("chunk"))) },
  };
  const vectors = golden("identity", { ...fixed, ...sealedNow });

  it("are what is made now, where nothing is random", () => {
    const { mail: _mail, backup: _backup, ...rest } = vectors;
    expect(rest).toEqual(fixed);
  });

  it("open: mail", async () => {
    const { mail } = vectors;
    const opened = await openLetter(unb64(mail.sealed), { device: ids.phone, kemPrivate: unb64(mail.kemPrivate) }, { device: ids.desk, sign: unb64(mail.signPublic) });
    expect(opened).toEqual(mail.letter);
  });

  it("open: backup", async () => {
    const { user, n, plain, sealed } = vectors.backup;
    const opened = await (await Backup.open(unb64(vectors.recovery.code), user)).openChunk(n, unb64(sealed));
    expect(opened && toBase64(opened)).toBe(plain);
  });
});
