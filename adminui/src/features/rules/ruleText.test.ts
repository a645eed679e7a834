import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import type { Match } from "../../api/alerting.ts";
import de from "./de.json";
import en from "./en.json";
import { matchText, stepsText } from "./ruleText.ts";

const i18n = setUpTexts({ "./features/rules/de.json": de, "./features/rules/en.json": en });
const t = i18n.getFixedT("de", "rules");

describe("matchText", () => {
  const cases: [Match, string][] = [
    [{}, "Jeder Ruf"],
    [{ kinds: ["cardiac"], wards: ["ICU", "4B"], min_priority: 3 }, "Art cardiac · Station ICU, 4B · ab Dringend"],
    [{ connectors: ["c1"], from: "22:00", to: "06:00", weekdays: [1, 5] }, "von Rufanlage · Mo, Fr 22:00 bis 06:00 Uhr"],
    [{ min_priority: 2, max_priority: 2 }, "Normal"],
    [{ to: "12:00" }, "00:00 bis 12:00 Uhr"],
  ];

  it.each(cases)("%j", (match, text) => {
    expect(matchText(match, () => "Rufanlage", t)).toBe(text);
  });
});

it("stepsText reads as a chain", () => {
  const steps = [
    { targets: [{ kind: "duty" as const }], seconds: 30 },
    { targets: [{ kind: "group" as const, code: "REA" }, { kind: "admins" as const }], seconds: 60 },
  ];
  expect(stepsText(steps, t)).toBe("Dienst der Station (30 s) → Gruppe REA + Technik (60 s)");
});
