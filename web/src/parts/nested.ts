// A record inside of a record, as fields of one form: {budget: {day: "5"}} is {budget_day: "5"}.
import type { Field, Values } from "./field";

export interface Nested {
  name: string;
  keys: readonly string[];
}

export const BUDGET: Nested = { name: "budget", keys: ["total", "day", "week", "month"] };
export const LIMITS: Nested = { name: "limits", keys: ["rpm", "tpm", "concurrency"] };

export function nestedFields({ name, keys }: Nested, kind: Field["kind"]): Field[] {
  return keys.map((key) => ({ name: `${name}_${key}`, kind }));
}

export function flatten(view: Values, ...nested: Nested[]): Values {
  const flat: Values = { ...view };
  for (const { name, keys } of nested) {
    const inner = (view[name] ?? {}) as Values;
    for (const key of keys) if (inner[key] !== undefined) flat[`${name}_${key}`] = inner[key];
  }
  return flat;
}

/** What is said of the inner record replaces it whole, so the rest of it is said along. */
export function nest(body: Values, before: Values | undefined, ...nested: Nested[]): Values {
  const whole: Values = { ...body };
  for (const { name, keys } of nested) {
    const said = keys.filter((key) => `${name}_${key}` in body);
    if (said.length === 0) continue;
    const inner: Values = { ...((before?.[name] ?? {}) as Values) };
    for (const key of said) {
      const value = body[`${name}_${key}`];
      delete whole[`${name}_${key}`];
      if (value === "" || value === null) delete inner[key];
      else inner[key] = value;
    }
    whole[name] = inner;
  }
  return whole;
}
