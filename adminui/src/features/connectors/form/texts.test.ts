import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { describe, expect, it } from "vitest";
import de from "../de.json";
import en from "../en.json";
import { fieldTexts, localDescription } from "./texts.ts";
import { uiSchemaOf } from "./uiSchema.ts";

const i18n = setUpTexts({
  "./features/connectors/de.json": de,
  "./features/connectors/en.json": en,
});
const texts = fieldTexts("espa-x", i18n.getFixedT("de", "connectors"), i18n);

describe("fieldTexts", () => {
  it("prefers the kind's own words", () => expect(texts.label("password")).toBe("Passwort"));
  it("knows what all kinds have", () => expect(texts.label("tls.cert")).toBe("Zertifikat"));
  it("spells what nobody has named", () => expect(texts.label("a.retry_after")).toBe("Retry after"));
  it("helps with the schema's words", () => {
    expect(texts.help("user", "Benutzer. / User.")).toBe("Benutzer.");
    expect(texts.help("user", undefined)).toBe("");
  });
});

it.each([
  ["de", "Deutsch. / English.", "Deutsch."],
  ["en", "Deutsch. / English.", "English."],
  ["en", "For all.", "For all."],
])("localDescription in %s of %s", (language, text, part) => {
  expect(localDescription(text, language)).toBe(part);
});

it("uiSchemaOf orders, names and picks widgets", () => {
  const ui = uiSchemaOf(
    {
      type: "object",
      "x-order": ["user", "password", "gone"],
      properties: {
        password: { type: "string", writeOnly: true },
        user: { type: "string", description: "A. / B." },
        nets: { type: "array", items: { type: "string" } },
      },
    },
    texts,
  );
  expect(ui["ui:order"]).toEqual(["user", "password", "*"]);
  expect(ui["password"]).toMatchObject({ "ui:widget": "secret", "ui:title": "Passwort" });
  expect(ui["user"]).toMatchObject({ "ui:title": "Benutzer", "ui:description": "A." });
  expect(ui["nets"]).toMatchObject({ "ui:widget": "words" });
});
