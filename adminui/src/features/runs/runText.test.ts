import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import said from "../connectors/de.json";
import de from "./de.json";
import en from "./en.json";
import { byPlace, faultDetail, faultText, judgedText, noteText, recordText, runDetail, tookText } from "./runText.ts";

const i18n = setUpTexts({ "./features/connectors/de.json": said, "./features/runs/de.json": de, "./features/runs/en.json": en });
const t = i18n.getFixedT("de", "runs");

describe("tookText", () => {
  const began = "2026-11-01T08:00:00.000Z";
  it.each([
    ["2026-11-01T08:00:03.400Z", "3,4 s"],
    ["2026-11-01T08:02:05.100Z", "2 min 05 s"],
    ["2026-11-01T09:00:00.000Z", "60 min 00 s"],
    // Two nodes' clocks may differ.
    ["2026-11-01T07:59:59.000Z", "0 s"],
  ])("%s", (ended, text) => expect(tookText({ began, ended }, "de")).toBe(text));

  it("says nothing while a run is under way", () => expect(tookText({ began }, "de")).toBe(""));
});

describe("judgedText", () => {
  const at = "2026-11-01T08:00:00.000Z";
  it.each([
    ["rejected", { by: "Petra", at, comment: "ein Testauszug" }, "Abgelehnt von Petra"],
    ["rejected", { by: "", at, comment: "superseded" }, "Von einem neueren Abgleich abgelöst"],
    ["applied", { by: "Petra", at }, "Freigegeben von Petra"],
    ["undone", { by: "Petra", at }, "Zurückgenommen von Petra"],
    ["applied", undefined, ""],
    // Decided by the hub itself, as the demo does.
    ["rejected", { by: "", at }, ""],
  ] as const)("%s by %o", (state, judged, text) => expect(judgedText(judged ? { state, judged } : { state }, t)).toBe(text));
});

// docs/protocols/staff.md, Runs: each has to be said in words.
const named =
  "unreachable tls wrong_credentials forbidden ended_early size_limit time_limit malformed too_large encoding empty_header too_many_columns no_key_column pdf calendar old_excel no_table stopped missing_key bad_key duplicate_key bad_date formula bad_value unknown_unit";

it.each(named.split(" "))("the fault %s has words of its own", (name) => {
  for (const language of ["de", "en"]) {
    const text = faultText(name, i18n.getFixedT(language, "runs"));
    expect(text).not.toContain(`(${name})`);
    expect(text.endsWith(".")).toBe(true);
  }
});

it("what is new is named as it is", () => {
  expect(faultText("moon", t)).toBe("Das hat nicht geklappt (moon).");
  expect(noteText("moon", t)).toBe("moon");
  expect(noteText("group_cycle", t)).toBe("Gruppen enthalten einander");
});

it.each([
  [{ name: "dns", reason: "ldap: the name of the server is not known" }, ""],
  [{ name: "unreachable", reason: "The source could not be read." }, ""],
  [{ name: "no_such_base", where: "base 2", reason: "ldap: the search base does not exist or may not be read (result 32)" }, "base 2: Die Suchbasis gibt es nicht, oder das Dienstkonto darf sie nicht lesen. (32)"],
  [{ name: "malformed", reason: "the file has no sheet of the configured name" }, "Ein Tabellenblatt mit dem eingestellten Namen hat sie nicht."],
  [{ name: "stopped" }, ""],
])("what the hub adds to %j", (fault, words) => expect(runDetail(fault, t)).toBe(words));

describe("places of records", () => {
  it.each([
    ["row 17", "Zeile 17"],
    ["event 3", "Termin 3"],
    ["uid=m1,ou=people", "uid=m1,ou=people"],
    ["", "–"],
  ])("%s is %s", (record, text) => expect(recordText(record, t)).toBe(text));

  it("are in the order of the file", () => {
    const places = ["row 12", "row 3", "event 2", "row 2"].map((record) => ({ record }));
    expect(places.toSorted(byPlace).map(({ record }) => record)).toEqual(["event 2", "row 2", "row 3", "row 12"]);
  });

  it("are not said twice beside the reason", () => {
    expect(faultDetail({ name: "formula", where: "row 3", reason: "the column Ort" }, "row 3")).toBe("the column Ort");
    expect(faultDetail({ name: "formula", where: "STF-2", reason: "" }, "row 3")).toBe("STF-2");
  });
});
