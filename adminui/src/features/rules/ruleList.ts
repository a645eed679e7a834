import type { Rule } from "../../api/alerting.ts";

export type RuleAction =
  | { type: "reset"; items: readonly Rule[] }
  | { type: "move"; id: string; by: -1 | 1 }
  /** Replaces the rule of the same id, or puts a new one before the catch-all. */
  | { type: "put"; rule: Rule }
  | { type: "enable"; id: string; enabled: boolean }
  | { type: "remove"; id: string };

/** The last rule takes what no other took. It stays where it is and stays on. */
export function isPinned(items: readonly Rule[], id: string): boolean {
  const last = items.at(-1);
  return last !== undefined && last.id === id && last.catch_all;
}

function move(items: readonly Rule[], id: string, by: -1 | 1): readonly Rule[] {
  const from = items.findIndex((rule) => rule.id === id);
  const rule = items[from];
  const other = items[from + by];
  if (!rule || !other || isPinned(items, id) || isPinned(items, other.id)) return items;
  const next = [...items];
  next[from] = other;
  next[from + by] = rule;
  return next;
}

function put(items: readonly Rule[], rule: Rule): readonly Rule[] {
  if (items.some(({ id }) => id === rule.id)) {
    return items.map((old) => (old.id === rule.id ? rule : old));
  }
  const last = items.at(-1);
  return last?.catch_all ? [...items.slice(0, -1), rule, last] : [...items, rule];
}

/** ruleList is the ordered list while it is edited; only saving changes what routes calls. */
export function ruleList(items: readonly Rule[], action: RuleAction): readonly Rule[] {
  switch (action.type) {
    case "reset":
      return action.items;
    case "move":
      return move(items, action.id, action.by);
    case "put":
      return put(items, action.rule);
    case "enable":
      if (isPinned(items, action.id)) return items;
      return items.map((rule) =>
        rule.id === action.id ? { ...rule, enabled: action.enabled } : rule,
      );
    case "remove":
      return isPinned(items, action.id) ? items : items.filter(({ id }) => id !== action.id);
  }
}

/** sameRules tells whether anything would be saved. */
export function sameRules(one: readonly Rule[], other: readonly Rule[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** newId is a random UUID (version 4); crypto.randomUUID is missing on plain http addresses. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** newRule begins as the hub's default: those on duty, then the ward, then the technicians. */
export function newRule(): Rule {
  return {
    id: newId(),
    name: "",
    enabled: true,
    catch_all: false,
    match: {},
    policy: {
      steps: [
        { targets: [{ kind: "duty" }], seconds: 30 },
        { targets: [{ kind: "ward" }], seconds: 60 },
        { targets: [{ kind: "admins" }], seconds: 120 },
      ],
      need: 1,
      accept_seconds: 900,
      max_seconds: 86_400,
    },
  };
}
