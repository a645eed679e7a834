import type { BrokenEntry, Chat, LineEntry, TextEntry } from "../../chat/model.ts";

// Entries and rooms for tests. Every one has a key of its own.

const keys = (function* () {
  for (let n = 1; ; n++) yield `key-${n}`;
})();

const key = (): string => keys.next().value as string;

export function textOf(more: Partial<TextEntry> = {}): TextEntry {
  return {
    kind: "text",
    id: key(),
    seq: 1,
    at: "2026-11-27T08:00:00Z",
    user: "jan",
    mine: false,
    text: "Hallo",
    prio: 0,
    delivery: "sent",
    fault: null,
    confirmed: [],
    open: 0,
    restoredBy: null,
    ...more,
  };
}

export function lineOf(more: Partial<LineEntry> = {}): LineEntry {
  return {
    kind: "line",
    id: key(),
    seq: 1,
    at: "2026-11-27T08:00:00Z",
    act: "added",
    by: "jan",
    users: ["ayse"],
    role: null,
    text: "",
    ...more,
  };
}

export function brokenOf(more: Partial<BrokenEntry> = {}): BrokenEntry {
  return { kind: "broken", id: key(), seq: 1, at: "2026-11-27T08:00:00Z", user: "jan", cause: "replay", ...more };
}

export function chatOf(more: Partial<Chat> = {}): Chat {
  return {
    id: key(),
    kind: "group",
    title: "Visite 4B",
    peer: null,
    alert: null,
    role: "member",
    muted: false,
    state: "ready",
    unread: 0,
    urgent: 0,
    readSeq: 0,
    lastSeq: 0,
    at: "2026-11-27T08:00:00Z",
    last: null,
    draft: "",
    warnings: [],
    members: 3,
    ...more,
  };
}
