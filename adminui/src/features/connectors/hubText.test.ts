import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import runsDe from "../runs/de.json";
import runsEn from "../runs/en.json";
import de from "./de.json";
import en from "./en.json";
import { hubText } from "./hubText.ts";

const i18n = setUpTexts({
  "./features/connectors/de.json": de,
  "./features/connectors/en.json": en,
  "./features/runs/de.json": runsDe,
  "./features/runs/en.json": runsEn,
});
const german = i18n.getFixedT("de");
const english = i18n.getFixedT("en");
const taken = "Diese Adresse belegt schon ein anderes Programm oder ein anderer Konnektor.";

describe("hubText", () => {
  it.each([
    ["listen on 0.0.0.0:2575: listen tcp 0.0.0.0:2575: bind: address already in use", `0.0.0.0:2575: ${taken}`],
    [
      "listen on :80: listen tcp :80: bind: permission denied; next try in 4s",
      ":80: Wardline fehlt das Recht dazu. Nächster Versuch in 4s.",
    ],
    ["load certificate: it expired on 2026-11-01", "Das Zertifikat ist am 2026-11-01 abgelaufen."],
    [
      "load certificate: open /etc/x.pem: no such file or directory",
      "Das Zertifikat lässt sich nicht laden: Die Datei oder den Ordner gibt es nicht.",
    ],
    ["ldap: the server refuses name or password (result 49)", "Die Quelle hat Benutzer oder Kennwort abgewiesen. (49)"],
    ["ldap: the server cannot be reached: dial tcp 10.0.0.1:636: connect: refused", "Die Quelle war nicht erreichbar."],
    ["base 2: 3 of 10 people have no objectGUID the account may read", "Suchbasis 2: Bei 3 von 10 Personen darf das Konto objectGUID nicht lesen, oder es fehlt."],
    ["fhir: wrong_credentials (status 401)", "Die Quelle hat Benutzer oder Kennwort abgewiesen. (401)"],
    ["fhirr4.pull: unavailable (server_failed): fhir: server_failed (status 500) at page 3", "Der Server der Quelle meldet einen Fehler. (500)"],
    ["fhirr4.pull: invalid (no_server): this connector only receives", "Dieser Konnektor nimmt nur entgegen; er hat keinen Server, den er fragen könnte."],
    ['the server speaks FHIR "3.0.2", needed is 4.0', 'Der Server spricht FHIR "3.0.2", gebraucht wird 4.0.'],
    ["the server refuses user or password (535)", "Der Server lehnt Benutzer oder Passwort ab (535)."],
    ["the last pass failed: dns", "Der letzte Abgleich ist fehlgeschlagen: Der Name des Servers ist nicht bekannt."],
    ["changes: usn", "Änderungen über usn"],
    ["waiting for the nurse-call system to log in", "Wartet auf die Anmeldung der Rufanlage."],
  ])("%s", (text, words) => expect(hubText(text, german)).toBe(words));

  it.each(["", "the moon is full", "0.0.0.0:2575", "ldap: moon"])("leaves %j as it is", (text) =>
    expect(hubText(text, german)).toBe(text));

  it("is made for English readers too", () =>
    expect(hubText("listen on :80: listen tcp :80: bind: address already in use", english)).toBe(
      ":80: Another program or connector holds this address already.",
    ));
});
