// An OpenAI-compatible upstream that was written by nobody here: aimock, on a free port.
// Prints its address; ends with its standard input.
import { LLMock } from "@copilotkit/aimock";

const usage = (prompt_tokens, completion_tokens) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});
const WORDS = "The relay passes this on, piece by piece, until there is nothing more to say.";

const mock = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 8 });

mock.onMessage("say hello", { content: "Hello from elsewhere.", usage: usage(11, 5) });
mock.onMessage("say much", { content: WORDS, usage: usage(12, 17) });
mock.on(
  { userMessage: "where is the parcel", hasToolResult: false },
  {
    toolCalls: [
      { id: "call_parcel", name: "locate_parcel", arguments: { parcel_id: "P-118" } },
      { id: "call_weather", name: "weather", arguments: { city: "Oslo", unit: "celsius" } },
    ],
    usage: usage(40, 21),
  },
);
mock.on(
  { userMessage: "where is the parcel", hasToolResult: true },
  { content: "It is in Oslo, where it rains.", usage: usage(70, 9) },
);
mock.on(
  { userMessage: "judge this", responseFormat: "json_schema" },
  { content: { verdict: "good", score: 7 }, usage: usage(30, 8) },
);
mock.onEmbedding("measure this", { embedding: [0.5, -0.25, 0.125, 1] });

const failing = (status, type, message, extra) => ({ error: { message, type, ...extra }, status });
mock.onMessage("fail with 429", failing(429, "rate_limit_error", "Slow down, please."));
mock.onMessage("fail with 500", failing(500, "server_error", "It broke."));
mock.onMessage("fail with 503", failing(503, "server_error", "It is overloaded."));
mock.onMessage("fail with 401", failing(401, "authentication_error", "Bad key sk-upstream-canary-0123456789."));
mock.onMessage(
  "fail with 400",
  failing(400, "invalid_request_error", "Your request is odd.", { code: "odd_request" }),
);
mock.onMessage("drop the line", { content: WORDS }, { chaos: { disconnectRate: 1 } });
mock.onMessage("send nonsense", { content: WORDS }, { chaos: { malformedRate: 1 } });
mock.onMessage("think for long", { content: WORDS }, { chaos: { latencyMs: 3000 } });
mock.onMessage("break off", { content: WORDS }, { truncateAfterChunks: 4, latency: 5 });
mock.onMessage(
  "pause between words",
  { content: "Slowly.", usage: usage(9, 4) },
  { latency: 1700 },
);
mock.onMessage(
  "take your time",
  { content: "Late but whole, after all.", usage: usage(9, 6) },
  { streamingProfile: { ttft: 900, tps: 200, jitter: 0 } },
);

await mock.start();
console.log(mock.url);
process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});
