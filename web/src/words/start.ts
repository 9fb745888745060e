// The two languages of the console. Each is one file, loaded when it is chosen.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { zh: "简体中文", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = "waystation.language";
const FILES: Record<Language, () => Promise<{ default: object }>> = {
  en: () => import("./en.json"),
  zh: () => import("./zh.json"),
};

export function firstLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (stored === "zh" || stored === "en") return stored;
  const first = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag === "zh" || tag === "en");
  return first === "zh" ? "zh" : "en";
}

export async function startWords(): Promise<void> {
  const language = firstLanguage(localStorage.getItem(STORED), navigator.languages);
  await i18next.use(initReactI18next).init({
    resources: {},
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  await speak(language);
}

export async function speak(language: Language): Promise<void> {
  const words = await FILES[language]();
  i18next.addResourceBundle(language, "translation", words.default, true, true);
  await i18next.changeLanguage(language);
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}
