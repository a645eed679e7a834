import { describe, expect, it } from "vitest";

type Tree = { [key: string]: string | Tree };

const files = import.meta.glob<Tree>(
  ["/{uikit,adminui,chatui}/src/i18n/{de,en}.json", "/{adminui,chatui}/src/features/*/{de,en}.json"],
  { eager: true, import: "default" },
);

const sources = import.meta.glob<string>(
  ["/{uikit,adminui,chatui}/src/**/*.{ts,tsx}", "!/**/*.test.*"],
  { eager: true, import: "default", query: "?raw" },
);

function leaves(tree: Tree, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix + key;
    if (typeof value === "string") found.set(path, value);
    else for (const [below, text] of leaves(value, `${path}.`)) found.set(below, text);
  }
  return found;
}

function placeholders(text: string): string[] {
  return (text.match(/\{\{\s*\w+\s*(?:,\s*\w+\s*)?\}\}/g) ?? []).sort();
}

const german = Object.keys(files).filter((path) => path.endsWith("/de.json"));

describe("every text exists in German and English", () => {
  it("finds the resource files", () => {
    expect(german.length).toBeGreaterThan(10);
    expect(Object.keys(files)).toHaveLength(2 * german.length);
  });

  it.each(german)("%s", (path) => {
    const de = leaves(files[path] ?? {});
    const en = leaves(files[path.replace("/de.json", "/en.json")] ?? {});
    expect([...en.keys()].sort()).toEqual([...de.keys()].sort());
    for (const [key, text] of de) {
      expect(text.trim(), key).not.toBe("");
      expect(placeholders(en.get(key) ?? ""), key).toEqual(placeholders(text));
    }
  });
});

// i18next looks for plural forms under these endings.
const endings = ["", "_one", "_other"];

function known(app: string, namespace: string): Set<string> {
  const paths = [
    `/${app}/src/i18n/de.json`,
    `/${app}/src/features/${namespace}/de.json`,
    "/uikit/src/i18n/de.json",
  ];
  return new Set(paths.flatMap((path) => [...leaves(files[path] ?? {}).keys()]));
}

describe("every key written in the code exists", () => {
  const used = Object.entries(sources).flatMap(([path, source]) => {
    const app = /^\/(uikit|adminui|chatui)\//.exec(path)?.[1] ?? "";
    const namespace = /(?:useTranslation\(|TFunction<)"(\w+)"/.exec(source)?.[1] ?? "app";
    const keys = [...source.matchAll(/\bt\("([\w.]+)"/g)].map((match) => match[1] ?? "");
    return keys.map((key) => ({ path, app, namespace, key }));
  });

  it("finds keys", () => expect(used.length).toBeGreaterThan(30));

  it.each(used)("$path: $key", ({ app, namespace, key }) => {
    const keys = known(app, namespace);
    expect(endings.some((ending) => keys.has(key + ending))).toBe(true);
  });
});
