// What a form asks for, and how a value of the API is typed in.

export type Kind =
  | "text"
  /** A decimal from 0 on, as text. */
  | "amount"
  /** A decimal that may be below 0. */
  | "signed"
  | "secret"
  | "long"
  | "number"
  | "switch"
  | "words"
  | "choice"
  | "several"
  | "moment"
  | "pairs"
  | "numbers"
  | "json"
  | "lines";

export interface Field {
  name: string;
  kind: Kind;
  /** Under `field` in the words files; else the name. */
  label?: string;
  /** Under `help` in the words files. */
  help?: string;
  required?: boolean;
  options?: readonly { value: string; label: string }[];
  start?: unknown;
}

export type Values = Record<string, unknown>;

export function toForm(kind: Kind, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (kind === "moment") return value === null ? "" : localMoment(new Date(String(value)));
  if (kind === "pairs" || kind === "numbers")
    return Object.entries((value ?? {}) as Values)
      .map(([name, one]) => `${name} = ${String(one)}`)
      .join("\n");
  if (kind === "json") return JSON.stringify(value, null, 1);
  if (kind === "lines") return (value as string[]).join("\n");
  return value;
}

/** Throws SyntaxError for what cannot be read. */
export function fromForm(kind: Kind, typed: unknown): unknown {
  if (kind === "moment") return typed ? new Date(String(typed)).toISOString() : null;
  if (kind === "pairs" || kind === "numbers")
    return pairsOf(String(typed ?? ""), kind === "numbers");
  if (kind === "json") return typed ? (JSON.parse(String(typed)) as unknown) : undefined;
  if (kind === "lines")
    return String(typed ?? "")
      .split(/\s+/)
      .filter(Boolean);
  if (kind === "text" && typeof typed === "string") return typed.trim();
  if (kind === "words" || kind === "several") return typed ?? [];
  if (kind === "amount" || kind === "signed") return decimalOf(typed, kind === "signed");
  return typed;
}

function decimalOf(typed: unknown, signed: boolean): unknown {
  if (typeof typed !== "string") return typed;
  const text = typed.trim();
  if (text && !/^-?\d+(\.\d+)?$/.test(text)) throw new SyntaxError(text);
  if (!signed && text.startsWith("-")) throw new SyntaxError(text);
  return text;
}

function pairsOf(text: string, numeric: boolean): Values {
  const pairs: Values = {};
  for (const line of text
    .split("\n")
    .map((one) => one.trim())
    .filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 1) throw new SyntaxError(line);
    const value = line.slice(at + 1).trim();
    pairs[line.slice(0, at).trim()] = numeric ? Number(value) : value;
  }
  return pairs;
}

function localMoment(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000)
    .toISOString()
    .slice(0, 16);
}

/** What was typed, as the API takes it: of a new thing what is said, else what differs. */
export function bodyOf(
  fields: readonly Field[],
  typed: Values,
  before: Values | undefined,
): Values {
  const body: Values = {};
  for (const { name, kind } of fields) {
    const value = fromForm(kind, typed[name]);
    if (value === undefined) continue;
    const old = before?.[name];
    if (
      before
        ? JSON.stringify(value) === JSON.stringify(fromForm(kind, toForm(kind, old)))
        : isNothing(value)
    )
      continue;
    body[name] = value;
  }
  return body;
}

function isNothing(value: unknown): boolean {
  return (
    value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)
  );
}
