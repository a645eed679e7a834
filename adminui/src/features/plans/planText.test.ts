import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import type { PlanReason } from "../../api/directory.ts";
import de from "./de.json";
import en from "./en.json";
import { commentText, countsText, limitsText, reasonText, tabsOf, total } from "./planText.ts";

const i18n = setUpTexts({ "./features/plans/de.json": de, "./features/plans/en.json": en });
const t = i18n.getFixedT("de", "plans");

it("a comment is quoted, a plan set aside says so in words", () => {
  expect(commentText("ein Testauszug", t)).toBe("Begründung: ein Testauszug");
  expect(commentText("superseded", t)).toBe("Von einem neueren Abgleich abgelöst.");
});

describe("reasonText", () => {
  const cases: [PlanReason, string][] = [
    [
      { code: "shrunk", numbers: { known: 500, mentioned: 10, missing: 490 } },
      "490 von 500 Beschäftigten fehlen in der Quelle; sie nennt nur 10.",
    ],
    [{ code: "empty", numbers: { known: 500 } }, "Die Quelle nennt niemanden mehr; bekannt sind 500 Beschäftigte."],
    [{ code: "too_many_locks", numbers: { locks: 30 } }, "30 Konten würden gesperrt."],
    [
      { code: "undone" },
      "Jemand hat zurückgenommen, was diese Quelle zuletzt meldete; jetzt meldet sie es wieder.",
    ],
    [
      { code: "administrators" },
      "Die Datei entscheidet, wer sich mit Verwaltungsrechten anmeldet. Das gibt die Leitung frei.",
    ],
    [{ code: "too_many_locks", numbers: { locks: 3100 } }, "3.100 Konten würden gesperrt."],
    [{ code: "moon" }, "Die Bremse hat angehalten (moon)."],
  ];

  it.each(cases)("%j", (reason, text) => expect(reasonText(reason, t)).toBe(text));
});

it("limitsText is silent where the plan names none, and where they did not hold it", () => {
  const numbers = { limit_percent: 5, limit_accounts: 25 };
  expect(limitsText({ code: "empty" }, t)).toBe("");
  expect(limitsText({ code: "undone", numbers }, t)).toBe("");
  expect(limitsText({ code: "empty", numbers }, t)).toContain("5 % oder 25");
});

it("countsText leaves zeros out and names locks first", () => {
  expect(countsText({ create: 1, update: 0, lock: 3, unlock: 0 }, t)).toBe("3 gesperrt, 1 neu");
  expect(countsText({ create: 3000, update: 0, lock: 0, unlock: 0 }, t)).toBe("3.000 neu");
  expect(countsText({ create: 3000, update: 0, lock: 0, unlock: 0 }, i18n.getFixedT("en", "plans"))).toBe("3,000 new");
});

it("tabsOf has no empty kind, and obstacles last", () => {
  const counts = { create: 0, update: 2, lock: 3, unlock: 0, link: 1 };
  expect(tabsOf({ counts, problems: 1 })).toEqual([
    { name: "lock", count: 3 },
    { name: "update", count: 2 },
    { name: "link", count: 1 },
    { name: "problem", count: 1 },
  ]);
  expect(total(counts)).toBe(6);
});

it("a plan of before people could be linked counts none", () => {
  expect(total({ create: 1, update: 0, lock: 0, unlock: 0 })).toBe(1);
});
