// One way to speak with the server, for the management API and the relay routes.

/** A reply that says no, in one of the shapes that this server speaks. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly requestId: string,
    /** What is wrong, by the field of the body. */
    readonly fields: Record<string, string> = {},
    /** The one field that the message is about. */
    readonly field = "",
  ) {
    super(message);
  }

  /** The message without the request id that the server puts behind it. */
  get reason(): string {
    return this.requestId
      ? this.message.replace(new RegExp(`\\s*[(（][^(（]*${this.requestId}[)）]$`), "")
      : this.message;
  }
}

/** The server did not answer at all. */
export class Away extends Error {}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  key?: string | undefined;
  signal?: AbortSignal;
}

export async function call<Reply>(path: string, options: Call = {}): Promise<Reply> {
  const reply = await send(path, options);
  if (reply.status === 204) return undefined as Reply;
  return (await reply.json()) as Reply;
}

export async function send(
  path: string,
  { method = "GET", body, key, signal }: Call,
): Promise<Response> {
  const headers = new Headers({ "accept-language": document.documentElement.lang });
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    headers.set("content-type", "application/json");
    init.body = JSON.stringify(body);
  }
  let reply: Response;
  try {
    reply = await fetch(path, init);
  } catch (fault) {
    if (signal?.aborted) throw fault;
    throw new Away(String(fault));
  }
  if (!reply.ok) throw await refusalOf(reply);
  return reply;
}

export async function refusalOf(reply: Response): Promise<Refusal> {
  const requestId = reply.headers.get("x-request-id") ?? "";
  const text = await reply.text();
  const told = readJson(text);
  const fault = objectAt(told, "error") ?? told ?? {};
  const message = String(
    fault["message"] ?? fault["description"] ?? text.slice(0, 300) ?? reply.statusText,
  );
  const field = fault["field"] ?? fault["param"];
  return new Refusal(
    reply.status,
    String(fault["code"] ?? ""),
    message,
    String(fault["hint"] ?? ""),
    requestId,
    (objectAt(fault, "fields") as Record<string, string> | undefined) ?? {},
    typeof field === "string" ? field : "",
  );
}

type Json = Record<string, unknown>;

function readJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function objectAt(value: Json | undefined, name: string): Json | undefined {
  const inner = value?.[name];
  return isObject(inner) ? inner : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
