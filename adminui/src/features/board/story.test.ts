import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import type { StoryEntry } from "../../api/alerting.ts";
import de from "./de.json";
import en from "./en.json";
import { sentenceOf } from "./story.ts";

const i18n = setUpTexts({ "./features/board/de.json": de, "./features/board/en.json": en });

function told(language: "de" | "en", entry: Partial<StoryEntry>): string {
  const full: StoryEntry = { no: 1, at: "2026-11-22T03:12:05Z", kind: "raised", step: 0, ...entry };
  const { key, values } = sentenceOf(full, { somebody: "Jemand", rule: "Alle Rufe" });
  return i18n.getFixedT(language, "board")(key, values);
}

const user = { id: "1", name: "Käthe Müller" };

describe("the story", () => {
  const cases: [Partial<StoryEntry>, string][] = [
    [{ kind: "accepted", user }, "Käthe Müller hat übernommen."],
    [{ kind: "accepted" }, "Jemand hat übernommen."],
    [{ kind: "routed" }, "Die Regel „Alle Rufe“ gilt."],
    [{ kind: "step", step: 1, data: { recipients: 2 } }, "Stufe 2 beginnt: 2 Personen werden gerufen."],
    [{ kind: "step", data: { recipients: 1 } }, "Stufe 1 beginnt: eine Person wird gerufen."],
    [{ kind: "reopened", data: { why: "handed_back" } }, "Der Alarm ist wieder offen, weil er zurückgegeben wurde."],
    [{ kind: "reopened", data: { why: "new reason" } }, "Der Alarm ist wieder offen."],
    [{ kind: "from_the_future" }, "from_the_future"],
  ];

  it.each(cases)("%j", (entry, sentence) => expect(told("de", entry)).toBe(sentence));

  it("is told in English too", () => {
    expect(told("en", { kind: "busy", user })).toBe("Käthe Müller is busy.");
  });
});
