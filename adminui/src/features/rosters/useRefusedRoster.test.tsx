import { renderHook } from "@testing-library/react";
import { ApiError } from "@wardline/uikit/api/problem.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { expect, it } from "vitest";
import runs from "../runs/de.json";
import de from "./de.json";
import { useRefusedRoster } from "./useRefusedRoster.ts";

setUpTexts({ "./features/rosters/de.json": de, "./features/runs/de.json": runs });

function words(code: string, ...fields: string[]): string | undefined {
  const errors = fields.map((field) => ({ location: `body.${field}`, message: "no column means this" }));
  return renderHook(() => useRefusedRoster(new ApiError(422, { code, errors }))).result.current[code];
}

it.each([
  [["missing_columns", "role"], "Dem Dienstplan fehlt die Spalte Rolle (der Dienst). Die Vorlage zeigt alle."],
  [["missing_columns", "from", "until"], "Dem Dienstplan fehlen die Spalten von und bis. Die Vorlage zeigt alle."],
  [
    ["staff_list", "role", "day", "from", "until"],
    "Das sieht nach einer Personalliste aus; die gehört auf die Seite „Datei importieren“. Einem Dienstplan fehlen die Spalten Rolle (der Dienst), Datum, von und bis.",
  ],
  [["pdf"], de.refused.pdf],
  [["old_excel"], runs.fault.old_excel],
] as const)("%j", ([code, ...fields], text) => expect(words(code, ...fields)).toBe(text));
