import { expect, it } from "vitest";

import en from "./en.json";

const SOURCES = import.meta.glob<string>(["../**/*.tsx", "../**/*.ts", "!../**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

function has(key: string): boolean {
  let at: unknown = en;
  for (const name of key.split(".")) at = (at as Record<string, unknown> | undefined)?.[name];
  return (
    typeof at === "string" || (typeof en === "object" && key.split(".").length > 1 && plural(key))
  );
}

function plural(key: string): boolean {
  const names = key.split(".");
  const last = names.pop() ?? "";
  let at: unknown = en;
  for (const name of names) at = (at as Record<string, unknown> | undefined)?.[name];
  return typeof (at as Record<string, unknown> | undefined)?.[`${last}_other`] === "string";
}

it("every word that a page names is there", () => {
  const named = Object.values(SOURCES).flatMap((source) =>
    [...source.matchAll(/\bt\(\s*"([\w.]+)"/g)].map((found) => found[1] ?? ""),
  );
  const fields = Object.values(SOURCES).flatMap((source) =>
    [...source.matchAll(/\{\s*name: "(\w+)",\s*kind: "\w+"/g)].map((found) => `field.${found[1]}`),
  );
  const helps = Object.values(SOURCES).flatMap((source) =>
    [...source.matchAll(/\bhelp: "(\w+)"/g)].map((found) => `help.${found[1]}`),
  );
  expect(named.length).toBeGreaterThan(100);
  expect([...named, ...fields, ...helps].filter((key) => !has(key))).toEqual([]);
});
