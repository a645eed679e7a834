import { fromBase64, toBase64, type Bytes } from "../seal/bytes.ts";

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** exactBase64 gives null unless the text is the one canonical base64 of `length` bytes. */
export function exactBase64(text: unknown, length: number): Bytes | null {
  if (typeof text !== "string" || text.length !== Math.ceil(length / 3) * 4) return null;
  try {
    const bytes = fromBase64(text);
    return bytes.length === length && toBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** readJson gives null for anything but a UTF-8 JSON object. */
export function readJson(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
