import type { TFunction } from "i18next";
import { expect, it } from "vitest";

import { Away, Refusal } from "../api/call";
import { besideOf } from "./beside";

const t = ((key: string, { limit }: { limit: string }) => `${key} ${limit}`) as TFunction;
const NAMES = ["name", "limits_rpm", "models", "kinds"];

function refused(fields: Record<string, string>): Refusal {
  return new Refusal(400, "invalid_value", "no", "", "r", fields);
}

it.each([
  [{ name: "taken" }, [{ name: "name", errors: ["taken"] }]],
  [{ "limits.rpm": "odd" }, [{ name: "limits_rpm", errors: ["odd"] }]],
  [{ "models[3]": "odd" }, [{ name: "models", errors: ["odd"] }]],
  [{ "kinds.nothing": "odd" }, [{ name: "kinds", errors: ["odd"] }]],
  [{ other: "odd" }, []],
])("%j stands beside its field", (fields, shown) => {
  expect(besideOf(refused(fields as Record<string, string>), NAMES, t)).toEqual(shown);
});

it.each([
  ["Expected `str` of length <= 64", "refused.long 64"],
  ["Expected `str` of length >= 1", "refused.short 1"],
  ["Expected `int` <= 100", "refused.most 100"],
  ["Expected `int | null` >= 0", "refused.least 0"],
  ["Expected `int`, got `float`", "refused.whole undefined"],
])("%s is said in the reader's words", (reason, shown) => {
  expect(besideOf(refused({ name: reason }), NAMES, t)[0]?.errors).toEqual([shown]);
});

it("what is taken stands beside the name", () => {
  const told = "It exists already. (request id: r1)";
  const taken = new Refusal(409, "already_exists", told, "", "r1");
  expect(besideOf(taken, NAMES, t)).toEqual([{ name: "name", errors: ["It exists already."] }]);
});

it("a message about one field stands there, in whatever language", () => {
  const missing = new Refusal(
    400,
    "missing_field",
    "缺少字段。（请求 ID：r1）",
    "",
    "r1",
    {},
    "name",
  );
  expect(besideOf(missing, NAMES, t)).toEqual([{ name: "name", errors: ["缺少字段。"] }]);
});

it("what is no refusal is beside nothing", () => {
  expect(besideOf(new Away("no"), NAMES, t)).toEqual([]);
});
