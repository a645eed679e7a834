import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import type { PlanAction, PlanReason } from "../../api/directory.ts";
import de from "./de.json";
import en from "./en.json";
import { actionsOf, countsText, limitsText, reasonText } from "./planText.ts";

const i18n = setUpTexts({ "./features/plans/de.json": de, "./features/plans/en.json": en });
const t = i18n.getFixedT("de", "plans");

describe("reasonText", () => {
  const cases: [PlanReason, string][] = [
    [
      { code: "shrunk", numbers: { known: 500, mentioned: 10, missing: 490 } },
      "Vollabgleich nennt 10 von 500 Personen; 490 fehlen.",
    ],
    [{ code: "empty", numbers: { known: 500 } }, "Vollabgleich nennt niemanden, bekannt sind 500 Personen."],
    [{ code: "too_many_locks", numbers: { locks: 30 } }, "30 Konten würden gesperrt."],
    [{ code: "moon" }, "Die Bremse hat angehalten (moon)."],
  ];

  it.each(cases)("%j", (reason, text) => expect(reasonText(reason, t)).toBe(text));
});

it("limitsText is silent where the plan names none", () => {
  expect(limitsText({ code: "empty" }, t)).toBe("");
  expect(limitsText({ code: "empty", numbers: { limit_percent: 5, limit_accounts: 25 } }, t)).toContain("5 % oder 25");
});

it("countsText leaves zeros out and names locks first", () => {
  expect(countsText({ create: 1, update: 0, lock: 3, unlock: 0 }, t)).toBe("3 gesperrt, 1 neu");
});

it("actionsOf filters and sorts", () => {
  const actions = ["update", "create", "lock", "lock"].map((op) => ({ op }) as PlanAction);
  expect(actionsOf(actions, "").map(({ op }) => op)).toEqual(["lock", "lock", "create", "update"]);
  expect(actionsOf(actions, "lock")).toHaveLength(2);
});
