// One streamed chat request: what has arrived of it, piece by piece.
import { send } from "../api/call";
import { events } from "../api/sse";

export interface Turn {
  role: "user" | "assistant";
  content: string;
}

export interface Told {
  content: string;
  reasoning: string;
  usage?: Usage;
  requestId: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  /** USD, of this request. */
  cost?: number;
}

interface Chunk {
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null } }[];
  usage?: Usage | null;
  error?: { message?: string };
}

export async function* chat(
  key: string,
  model: string,
  turns: readonly Turn[],
  signal: AbortSignal,
): AsyncGenerator<Told> {
  const body = { model, messages: turns, stream: true, stream_options: { include_usage: true } };
  const reply = await send("/v1/chat/completions", { method: "POST", body, key, signal });
  if (reply.body === null) return;
  let told: Told = {
    content: "",
    reasoning: "",
    requestId: reply.headers.get("x-request-id") ?? "",
  };
  for await (const data of events(reply.body)) {
    if (data === "[DONE]") break;
    told = withChunk(told, JSON.parse(data) as Chunk);
    yield told;
  }
}

export function withChunk(told: Told, chunk: Chunk): Told {
  if (chunk.error) throw new Error(chunk.error.message ?? "the stream broke off");
  const delta = chunk.choices?.[0]?.delta;
  const next: Told = {
    ...told,
    content: told.content + (delta?.content ?? ""),
    reasoning: told.reasoning + (delta?.reasoning_content ?? ""),
  };
  if (chunk.usage) next.usage = chunk.usage;
  return next;
}
