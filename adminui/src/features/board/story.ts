import type { StoryEntry } from "../../api/alerting.ts";

/** Sentence is a key in namespace "board" and what is put into it. */
export interface Sentence {
  key: string;
  values: Record<string, string | number>;
}

const known = new Set([
  "raised", "updated", "routed", "step", "nobody_on_duty", "notified", "delivered", "seen",
  "unreachable", "accepted", "rejected", "busy", "handed_back", "arrived", "reopened",
  "exhausted", "resolved", "cancelled", "expired", "duplicate", "answered", "unanswered",
]);

// Entries that read differently when the log says why.
const reasons: Record<string, ReadonlySet<string>> = {
  reopened: new Set(["handed_back", "accept_timeout", "higher_priority", "raised_again"]),
  answered: new Set(["started", "reached", "accepted", "rejected", "busy", "no_answer", "off_duty", "not_accepted", "ended"]),
};

function keyOf({ kind, data }: StoryEntry): string {
  if (!known.has(kind)) return "story.other";
  const why = data?.why ?? data?.answer ?? "";
  return reasons[kind]?.has(why) ? `story.${kind}_${why}` : `story.${kind}`;
}

/** sentenceOf tells one line of an alert's story as a sentence about somebody. */
export function sentenceOf(entry: StoryEntry, words: { somebody: string; rule: string }): Sentence {
  const { data } = entry;
  return {
    key: keyOf(entry),
    values: {
      kind: entry.kind,
      name: entry.user?.name || words.somebody,
      rule: words.rule,
      step: entry.step + 1,
      count: data?.recipients ?? 0,
      unreachable: data?.unreachable ?? 0,
      seconds: data?.seconds ?? 0,
    },
  };
}
