import { describe, expect, it } from "vitest";

import { PAGES } from "../pages";
import en from "./en.json";
import { firstLanguage } from "./start";
import zh from "./zh.json";

function names(words: object, before = ""): string[] {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === "string" ? [before + name] : names(value as object, `${before}${name}.`),
  );
}

describe("the two languages", () => {
  it("say the same things", () => {
    expect(names(zh)).toEqual(names(en));
  });

  it("leave nothing empty, and fill in the same values", () => {
    const holes = (words: object) =>
      JSON.stringify(words)
        .match(/{{\w+}}/g)
        ?.sort();
    expect(JSON.stringify([en, zh])).not.toContain('""');
    expect(holes(zh)).toEqual(holes(en));
  });

  it("name every page of the menu", () => {
    const missing = PAGES.filter((page) => page.menu && !(page.name in en.menu));
    expect(missing).toEqual([]);
  });
});

describe("the first language", () => {
  it.each([
    [null, ["zh-CN", "en"], "zh"],
    [null, ["de", "en-GB", "zh"], "en"],
    [null, ["fr"], "en"],
    ["zh", ["en"], "zh"],
    ["xx", ["zh"], "zh"],
  ] as const)("stored %s, wanted %s: %s", (stored, wanted, expected) => {
    expect(firstLanguage(stored, wanted)).toBe(expected);
  });
});
