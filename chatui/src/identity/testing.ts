import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fromBase64, type Bytes } from "../seal/bytes.ts";

/** filled gives bytes that are told apart easily in a hex dump. */
export function filled(length: number, from: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (from + i) & 255);
}

export const ids = {
  clinic: "0c000000-0000-4000-8000-000000000000",
  ann: "0a000000-0000-4000-8000-000000000001",
  ben: "0b000000-0000-4000-8000-000000000002",
  phone: "0d000000-0000-4000-8000-000000000011",
  desk: "0d000000-0000-4000-8000-000000000012",
  tablet: "0d000000-0000-4000-8000-000000000013",
} as const;

const folder = new URL("../../../docs/protocols/vectors/", import.meta.url);

/**
 * golden gives the committed vectors and, with UPDATE=1, writes what is made now first. Other clients
 * and the Go side check themselves against the same files.
 */
export function golden<T>(name: string, made: T): T {
  const file = new URL(`${name}.json`, folder);
  if (process.env["UPDATE"]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  }
  if (!existsSync(file)) throw new Error(`no ${file.pathname}: run with UPDATE=1`);
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

export const unb64 = fromBase64;
