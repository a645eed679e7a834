import type { Bytes } from "../seal/bytes.ts";
import type { Role } from "./model.ts";
import type { What } from "./records.ts";

const acts = ["created", "added", "removed", "left", "role"] as const;
const roles = ["owner", "moderator", "member", "reader"] as const;

type Line = Extract<What, { kind: "line" }> & { readonly by: string };

/** lineOf reads what the hub itself has written into a room; null: a newer hub's. */
export function lineOf(body: Bytes): Line | null {
  try {
    const { act, by, users, role } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Record<string, unknown>;
    const known = acts.find((one) => one === act);
    if (!known || typeof by !== "string") return null;
    const named = Array.isArray(users) ? users.filter((user): user is string => typeof user === "string").slice(0, 256) : [];
    return { kind: "line", act: known, by, users: named, role: roleOf(role) };
  } catch {
    return null;
  }
}

export function roleOf(value: unknown): Role | null {
  return roles.find((one) => one === value) ?? null;
}
