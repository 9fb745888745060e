import { expect, it, vi } from "vitest";

vi.stubGlobal("window", { location: { origin: "http://here" } });
const { shownMoney } = await import("./money");

it.each([
  [0, "USD", 1, "$0"],
  [0.000015, "USD", 1, "$0.000015"],
  [12.5, "CNY", 7.2, "¥90"],
  [-1.25, "USD", 1, "−$1.25"],
  [3, "HKD", 7.8, "HKD 23.4"],
] as const)("%s USD in %s at %s", (usd, currency, rate, text) => {
  expect(shownMoney(usd, currency, rate)).toBe(text);
});
