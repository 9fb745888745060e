// Server-sent events out of a reply's body: the data of each, in order.
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = textOf(body).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    rest += value;
    const parts = rest.split(/\r?\n\r?\n/);
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const data = dataOf(part);
      if (data !== undefined) yield data;
    }
  }
  const last = dataOf(rest);
  if (last !== undefined) yield last;
}

function dataOf(event: string): string | undefined {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.length ? lines.map((line) => line.slice(5).trimStart()).join("\n") : undefined;
}

/** The DOM types take the decoder's input wider than a body is; it is the same stream. */
function textOf(body: ReadableStream<Uint8Array>): ReadableStream<string> {
  return body.pipeThrough(
    new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>,
  );
}
