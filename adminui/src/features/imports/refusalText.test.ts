import { ApiError } from "@wardline/uikit/api/problem.ts";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { expect, it } from "vitest";
import said from "../connectors/de.json";
import de from "../runs/de.json";
import en from "../runs/en.json";
import { refusalText } from "./useRefusals.ts";

const i18n = setUpTexts({ "./features/connectors/de.json": said, "./features/runs/de.json": de, "./features/runs/en.json": en });
const german = i18n.getFixedT("de", "runs");

const refused = (code: string, message: string) => new ApiError(422, { code, errors: [{ location: "body", message }] });
const open = refused("malformed", "a quotation mark that is opened in line 7 is never closed");

it("names the line where a quotation mark was opened", () => {
  expect(refusalText("malformed", open, german)).toBe(
    "Die Datei oder Antwort ist nicht lesbar. Das Anführungszeichen, das in Zeile 7 beginnt, wird nie geschlossen.",
  );
  expect(refusalText("malformed", open, i18n.getFixedT("en", "runs"))).toContain("opened in line 7 is never closed.");
});

it.each([
  ["pdf", refused("pdf", "this is a PDF file, which is no table"), de.fault.pdf],
  ["calendar", refused("calendar", "this is a calendar, which is no table"), de.fault.calendar],
  ["malformed", refused("malformed", "what this console does not know"), de.fault.malformed],
  ["encoding", open, de.fault.encoding],
  ["malformed", null, de.fault.malformed],
] as const)("%s of %o", (name, error, words) => expect(refusalText(name, error, german)).toBe(words));
