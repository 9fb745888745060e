import { describe, expect, it } from "vitest";

import { bodyOf, type Field, fromForm, toForm } from "./field";

const FIELDS: Field[] = [
  { name: "name", kind: "text" },
  { name: "limits", kind: "numbers" },
  { name: "models", kind: "words" },
  { name: "expires_at", kind: "moment" },
];

describe("a form's body", () => {
  it("says of a new thing what was typed", () => {
    expect(
      bodyOf(FIELDS, { name: "a", limits: "rpm = 5", models: [], expires_at: "" }, undefined),
    ).toEqual({ name: "a", limits: { rpm: 5 } });
  });

  it("says of an old one what differs", () => {
    const before = { name: "a", limits: { rpm: 5 }, models: ["x"], expires_at: null };
    expect(
      bodyOf(FIELDS, { name: "a", limits: "rpm = 5\ntpm=9", models: [], expires_at: "" }, before),
    ).toEqual({ limits: { rpm: 5, tpm: 9 }, models: [] });
  });

  it("keeps what was written", () => {
    expect(fromForm("pairs", toForm("pairs", { a: "b", "c*": "d" }))).toEqual({
      a: "b",
      "c*": "d",
    });
    expect(fromForm("lines", " k1\n\nk2 ")).toEqual(["k1", "k2"]);
    expect(() => fromForm("pairs", "nothing")).toThrow(SyntaxError);
    expect(fromForm("text", " a b ")).toBe("a b");
  });

  it.each([
    ["amount", " 12.50 ", "12.50"],
    ["amount", "", ""],
    ["signed", "-3", "-3"],
  ] as const)("takes %s %j", (kind, typed, taken) => {
    expect(fromForm(kind, typed)).toBe(taken);
  });

  it.each([
    ["amount", "-3"],
    ["amount", "ten"],
    ["amount", "1e9"],
    ["signed", "1,5"],
  ] as const)("refuses %s %j", (kind, typed) => {
    expect(() => fromForm(kind, typed)).toThrow(SyntaxError);
  });
});
