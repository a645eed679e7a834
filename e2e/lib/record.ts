import { createDecipheriv, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What the recorder keeps of one room: how far it has read, and the last number of each device. */
export type RoomRecord = {
  seq: number;
  group?: unknown;
  info?: { title: string; members: string[] };
  heard?: Record<string, { run: string; n: number }>;
  faults?: unknown[];
};

const head = 1 + 4; // version and key id, before the nonce
const nonceBytes = 12;
const tagBytes = 16;

/** Reads what the recorder keeps of a room from its folder, where files are replaced and never rewritten. */
export function roomRecord(folder: string, room: string): RoomRecord {
  const place = `rooms/${room}`;
  const secret = Buffer.from(readFileSync(path.join(folder, 'key'), 'utf8').trim(), 'base64');
  const sealed = readFileSync(path.join(folder, place));
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'wardline box v1', 32));
  const box = createDecipheriv('aes-256-gcm', key, sealed.subarray(head, head + nonceBytes));
  box.setAAD(Buffer.from(place));
  box.setAuthTag(sealed.subarray(-tagBytes));
  const plain = Buffer.concat([box.update(sealed.subarray(head + nonceBytes, -tagBytes)), box.final()]);
  return JSON.parse(plain.toString('utf8')) as RoomRecord;
}
