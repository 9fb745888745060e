import { describe, expect, it } from "vitest";

import { events } from "../api/sse";
import { type Told, withChunk } from "./chat-call";

async function all(pieces: readonly Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      for (const piece of pieces) stream.enqueue(piece);
      stream.close();
    },
  });
  const seen: string[] = [];
  for await (const data of events(body)) seen.push(data);
  return seen;
}

describe("events of a stream", () => {
  it("are the same wherever it is cut", async () => {
    const bytes = new TextEncoder().encode(
      'data: {"a":"你好"}\n\n: ping\n\ndata: x\r\n\r\ndata: [DONE]\n\n',
    );
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await all([bytes.slice(0, cut), bytes.slice(cut)])).toEqual([
        '{"a":"你好"}',
        "x",
        "[DONE]",
      ]);
    }
  });
});

describe("what was told", () => {
  const none: Told = { content: "", reasoning: "", requestId: "r" };

  it("grows by each piece and ends with the usage", () => {
    const first = withChunk(none, { choices: [{ delta: { content: "Hel" } }] });
    const second = withChunk(first, { choices: [{ delta: { content: "lo" } }] });
    const last = withChunk(second, {
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
    expect(last).toMatchObject({ content: "Hello", usage: { completion_tokens: 2 } });
  });

  it("is a fault when the stream says so", () => {
    expect(() => withChunk(none, { error: { message: "broken off" } })).toThrow("broken off");
  });
});
