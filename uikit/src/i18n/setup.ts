import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import uiDe from "./de.json";
import uiEn from "./en.json";

export const languages = ["de", "en"] as const;

export type Language = (typeof languages)[number];

const storageKey = "wardline.language";

type Texts = Record<string, unknown>;

/**
 * setUpTexts starts i18next. `modules` is what Vite's import.meta.glob finds:
 * `./features/<name>/de.json` becomes the namespace <name>, `./i18n/de.json`
 * becomes "app", and the shared texts are "ui". German is also the fallback.
 */
export function setUpTexts(modules: Record<string, Texts>): i18n {
  const resources: Record<Language, Record<string, Texts>> = {
    de: { ui: uiDe },
    en: { ui: uiEn },
  };
  for (const [path, texts] of Object.entries(modules)) {
    const { language, namespace } = placeOf(path);
    resources[language][namespace] = texts;
  }
  void i18next.use(initReactI18next).init({
    resources,
    lng: startLanguage(),
    fallbackLng: "de",
    defaultNS: "app",
    fallbackNS: ["app", "ui"],
    interpolation: { escapeValue: false },
  });
  followLanguage(i18next);
  return i18next;
}

/** placeOf reads language and namespace from a resource file's path. */
export function placeOf(path: string): { language: Language; namespace: string } {
  const [file = "", folder = ""] = path.split("/").reverse();
  return {
    language: file === "en.json" ? "en" : "de",
    namespace: folder === "i18n" ? "app" : folder,
  };
}

// The clinic's language is German; English only when somebody chose it.
function startLanguage(): Language {
  return localStorage.getItem(storageKey) === "en" ? "en" : "de";
}

function followLanguage(instance: i18n): void {
  const apply = (language: string): void => {
    document.documentElement.lang = language;
    localStorage.setItem(storageKey, language);
  };
  document.documentElement.lang = instance.language;
  instance.on("languageChanged", apply);
}
