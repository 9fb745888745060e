// A record inside of a record, as fields of one form: {budget: {day: "5"}} is {budget_day: "5"}.
import type { Field, Values } from "./field";

export interface Nested {
  name: string;
  keys: readonly string[];
}

export const BUDGET: Nested = { name: "budget", keys: ["total", "day", "week", "month"] };
export const LIMITS: Nested = { name: "limits", keys: ["rpm", "tpm", "concurrency"] };

export const CHANNEL_LIMITS: Nested = {
  name: "limits",
  keys: ["concurrency", "rpm", "key_concurrency", "key_rpm"],
};
export const DEADLINES: Nested = {
  name: "deadlines",
  keys: ["connect", "first_byte", "idle", "total"],
};

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
  const names = nested.flatMap(({ name, keys }) => keys.map((key) => `${name}_${key}`));
  const whole: Values = Object.fromEntries(
    Object.entries(body).filter(([name]) => !names.includes(name)),
  );
  for (const { name, keys } of nested) {
    const said = keys
      .filter((key) => `${name}_${key}` in body)
      .map((key) => [key, body[`${name}_${key}`]]);
    if (said.length === 0) continue;
    const inner = {
      ...((before?.[name] ?? {}) as Values),
      ...(Object.fromEntries(said) as Values),
    };
    whole[name] = Object.fromEntries(
      Object.entries(inner).filter(([, value]) => value !== "" && value !== null),
    );
  }
  return whole;
}
