import type { i18n, TFunction } from "i18next";
import type { Json } from "../../../api/systems.ts";

/** localDescription: schemas say things as "Deutsch. / English."; without a slash it is for all. */
export function localDescription(description: string, language: string): string {
  const [german = "", english] = description.split(" / ");
  return language === "en" ? (english ?? german) : german;
}

/** spelled turns a field nobody has named into words: "max_frame_bytes" is "Max frame bytes". */
function spelled(path: string): string {
  const name = path.split(".").at(-1) ?? path;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface FieldTexts {
  label(path: string): string;
  help(path: string, description: Json | undefined): string;
  /** A value a field can be chosen to have: `connector.<kind>.<field>.<value>`. */
  choice(path: string, value: string): string;
  /** The heading of one entry of a list. */
  entry: string;
}

/**
 * fieldTexts words the fields of a kind: `connector.<kind>.<field>` and `.help` where they
 * exist, then what all kinds have in common, then what the schema itself says.
 */
export function fieldTexts(kind: string, t: TFunction<"connectors">, i18n: i18n): FieldTexts {
  const find = (key: string): string | undefined =>
    [`connector.${kind}.${key}`, `connector.any.${key}`]
      .filter((full) => i18n.exists(full, { ns: "connectors" }))
      .map((full) => t(full))[0];
  return {
    choice: (path, value) => find(`${path}.${value || "none"}`) ?? value,
    entry: t("form.entry"),
    label: (path) => find(path) ?? spelled(path),
    help: (path, description) =>
      find(`${path}.help`) ??
      (typeof description === "string" ? localDescription(description, i18n.language) : ""),
  };
}
