// A refusal's words, beside the fields of the form that they are about.
import type { TFunction } from "i18next";

import { Refusal } from "../api/call";

export interface Beside {
  name: string;
  errors: string[];
}

/** The part of it that fields of the form can say; a nested path, `limits.rpm`, is `limits_rpm`. */
export function besideOf(fault: unknown, names: readonly string[], t: TFunction): Beside[] {
  if (!(fault instanceof Refusal)) return [];
  if (fault.code === "already_exists") {
    const taken = ["email", "name"].find((one) => names.includes(one));
    return taken ? [{ name: taken, errors: [fault.reason] }] : [];
  }
  const told = Object.keys(fault.fields).length > 0 || !fault.field;
  const fields = told ? fault.fields : { [fault.field]: fault.reason };
  return Object.entries(fields).flatMap(([path, reason]) => {
    const whole = path.replace(/\[[^\]]*\]/g, "").replace(/\.+/g, "_");
    const name = [whole, path.split(/[.[]/)[0] ?? ""].find((one) => names.includes(one));
    return name === undefined ? [] : [{ name, errors: [worded(reason, t)] }];
  });
}

/** What the server's reader says in its own terms, in the reader's. */
const TERMS: readonly (readonly [RegExp, string])[] = [
  [/^Expected `str` of length <= (\d+)/, "refused.long"],
  [/^Expected `str` of length >= (\d+)/, "refused.short"],
  [/^Expected `(?:int|float)[^`]*` <= (-?\d+)/, "refused.most"],
  [/^Expected `(?:int|float)[^`]*` >= (-?\d+)/, "refused.least"],
  [/^Expected `array` of length <= (\d+)/, "refused.many"],
  [/^Expected `int[^`]*`, got `float`/, "refused.whole"],
];

function worded(reason: string, t: TFunction): string {
  for (const [form, key] of TERMS) {
    const found = form.exec(reason);
    if (found) return t(key, { limit: found[1] });
  }
  return reason;
}
