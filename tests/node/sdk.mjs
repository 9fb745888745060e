// The official Node SDK against a served Waystation: one check after the other.
// Prints one JSON object: what became of each check, and each request id with its status.
import assert from "node:assert/strict";
import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
  toFile,
} from "openai";

const { BASE_URL, KEY, POOR_KEY } = process.env;
const seen = [];

function clientOf(options = {}) {
  const apiKey = options.apiKey ?? KEY;
  return new OpenAI({
    apiKey,
    baseURL: `${BASE_URL}/v1`,
    maxRetries: 0,
    fetch: async (url, init) => {
      const reply = await fetch(url, init);
      if (init.method?.toLowerCase() === "post")
        seen.push([reply.headers.get("x-request-id"), reply.status, apiKey]);
      return reply;
    },
    ...options,
  });
}

const client = clientOf();
const user = (content) => [{ role: "user", content }];
const PARCEL = {
  type: "function",
  function: {
    name: "locate_parcel",
    description: "Current place of a parcel.",
    parameters: {
      type: "object",
      properties: { parcel_id: { type: "string" } },
      required: ["parcel_id"],
    },
  },
};

const SPOKEN = {
  model: "demo-speech",
  voice: "alloy",
  input: "Good morning. The train leaves at nine.",
};

/** The demo's voice as a file. */
async function said() {
  return toFile(await client.audio.speech.create(SPOKEN), "said.mp3");
}

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function sound(chunks, { choices = 1, usage = false } = {}) {
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.equal(new Set(chunks.map((chunk) => chunk.created)).size, 1);
  const withUsage = chunks.filter((chunk) => chunk.usage);
  assert.equal(withUsage.length, usage ? 1 : 0);
  if (usage) assert.deepEqual(chunks.at(-1).choices, []);
  for (let index = 0; index < choices; index += 1) {
    const own = chunks.flatMap((chunk) => chunk.choices).filter((one) => one.index === index);
    assert.equal(own[0].delta.role, "assistant");
    assert.equal(own.filter((one) => one.finish_reason).length, 1);
  }
}

const textOf = (chunks) =>
  chunks.flatMap((chunk) => chunk.choices).map((one) => one.delta.content ?? "").join("");

async function refused(kind, promise) {
  const error = await promise.then(
    () => assert.fail("it was not refused"),
    (caught) => caught,
  );
  assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
  assert.ok(error.requestID);
  return error;
}

const checks = {
  async chat() {
    const { data, response, request_id } = await client.chat.completions
      .create({ model: "demo-chat", messages: user("Good day") })
      .withResponse();
    assert.match(data.choices[0].message.content, /Good day/);
    assert.equal(response.headers.get("x-request-id"), request_id);
    assert.equal(Number(response.headers.get("x-waystation-cost")), data.usage.cost);
  },
  async chat_streamed() {
    const asked = { model: "demo-chat", messages: user("Rain") };
    const whole = await client.chat.completions.create(asked);
    const chunks = await all(await client.chat.completions.create({ ...asked, stream: true }));
    sound(chunks);
    assert.equal(textOf(chunks), whole.choices[0].message.content);
    const more = { stream: true, stream_options: { include_usage: true } };
    const counted = await all(await client.chat.completions.create({ ...asked, ...more }));
    sound(counted, { usage: true });
    assert.equal(counted.at(-1).usage.total_tokens, whole.usage.total_tokens);
  },
  async stream_helper() {
    const stream = client.chat.completions.stream({ model: "demo-chat", messages: user("Snow") });
    const final = await stream.finalChatCompletion();
    assert.match(final.choices[0].message.content, /Snow/);
  },
  async several_choices() {
    const asked = { model: "demo-chat", messages: user("Rain"), n: 3, stream: true };
    sound(await all(await client.chat.completions.create(asked)), { choices: 3 });
  },
  async vision() {
    const content = [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url: "https://img.example/table.png" } },
    ];
    const asked = { model: "demo-chat", messages: user(content) };
    const reply = await client.chat.completions.create(asked);
    assert.match(reply.choices[0].message.content, /img\.example/);
  },
  async tools_run_to_their_end() {
    const ran = [];
    const parameters = PARCEL.function.parameters;
    const locate = ({ parcel_id }) => (ran.push(parcel_id), "It is in Oslo.");
    const runner = client.chat.completions.runTools({
      model: "demo-chat",
      messages: user("Where is parcel P-118?"),
      stream: true,
      tools: [
        {
          type: "function",
          function: {
            name: "locate_parcel",
            description: "Current place of a parcel.",
            parameters,
            parse: JSON.parse,
            function: locate,
          },
        },
      ],
    });
    assert.match(await runner.finalContent(), /It is in Oslo\./);
    assert.deepEqual(ran, ["P-118"]);
  },
  async structured_output() {
    const schema = {
      type: "object",
      properties: { verdict: { enum: ["good", "bad"] }, score: { type: "integer" } },
      required: ["verdict", "score"],
      additionalProperties: false,
    };
    const response_format = {
      type: "json_schema",
      json_schema: { name: "verdict", strict: true, schema },
    };
    const asked = { model: "demo-chat", messages: user("Is it bad?"), response_format };
    const reply = await client.chat.completions.parse(asked);
    const parsed = JSON.parse(reply.choices[0].message.content);
    assert.equal(parsed.verdict, "bad");
    assert.ok(Number.isInteger(parsed.score));
  },
  async completions() {
    const asked = { model: "demo-completion", prompt: "It rained", max_tokens: 30 };
    const whole = await client.completions.create(asked);
    const chunks = await all(await client.completions.create({ ...asked, stream: true }));
    const text = chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("");
    assert.equal(text, whole.choices[0].text);
  },
  async embeddings() {
    const asked = { model: "demo-embedding", input: "a red apple", dimensions: 32 };
    const packed = await client.embeddings.create(asked);
    const floats = await client.embeddings.create({ ...asked, encoding_format: "float" });
    assert.equal(packed.data[0].embedding.length, 32);
    packed.data[0].embedding.forEach((value, place) =>
      assert.ok(Math.abs(value - floats.data[0].embedding[place]) < 1e-6),
    );
  },
  async moderations() {
    const asked = { model: "demo-moderation", input: "I will kill you" };
    assert.equal((await client.moderations.create(asked)).results[0].flagged, true);
  },
  async speech() {
    const { data, response } = await client.audio.speech.create(SPOKEN).withResponse();
    assert.equal(response.headers.get("content-type"), "audio/mpeg");
    const whole = Buffer.from(await data.arrayBuffer());
    assert.equal(whole.readUInt16BE(0) & 0xffe0, 0xffe0);
    const wav = await client.audio.speech.create({ ...SPOKEN, response_format: "wav", speed: 2 });
    assert.equal(Buffer.from(await wav.arrayBuffer()).subarray(0, 4).toString(), "RIFF");
    const told = await client.audio.speech.create({ ...SPOKEN, stream_format: "sse" });
    const frames = (await told.text()).split("\n\n").filter((one) => one.startsWith("data: {"));
    const events = frames.map((one) => JSON.parse(one.slice(6)));
    assert.equal(events[0].type, "speech.audio.delta");
    assert.equal(events.at(-1).type, "speech.audio.done");
    assert.equal(events.at(-1).usage.cost, (SPOKEN.input.length * 2) / 100_000);
  },
  async transcriptions() {
    const file = await said();
    const { data, response } = await client.audio.transcriptions
      .create({ model: "demo-transcription", file })
      .withResponse();
    assert.equal(data.text, SPOKEN.input);
    assert.equal(Number(response.headers.get("x-waystation-cost")), data.usage.cost);
    const asked = { model: "demo-transcription", file };
    const verbose = await client.audio.transcriptions.create({
      ...asked,
      response_format: "verbose_json",
      timestamp_granularities: ["segment"],
    });
    assert.equal(verbose.segments.map((one) => one.text).join(" "), SPOKEN.input);
    const srt = await client.audio.transcriptions.create({ ...asked, response_format: "srt" });
    assert.match(srt, /^1\n00:00:00,000 --> /);
  },
  async transcriptions_streamed() {
    const asked = { model: "demo-transcription", file: await said(), stream: true };
    const events = await all(await client.audio.transcriptions.create(asked));
    const deltas = events.filter((one) => one.type === "transcript.text.delta");
    assert.ok(deltas.length > 1);
    assert.equal(deltas.map((one) => one.delta).join(""), SPOKEN.input);
    assert.equal(events.at(-1).type, "transcript.text.done");
    assert.equal(events.at(-1).text, SPOKEN.input);
  },
  async translations() {
    const asked = { model: "demo-transcription", file: await said() };
    assert.equal((await client.audio.translations.create(asked)).text, SPOKEN.input);
    const text = await client.audio.translations.create({ ...asked, response_format: "text" });
    assert.equal(text.trim(), SPOKEN.input);
  },
  async sounds_refused() {
    const long = { ...SPOKEN, input: "x".repeat(4097) };
    const refusal = await refused(BadRequestError, client.audio.speech.create(long));
    assert.equal(refusal.param, "input");
    const file = await toFile(Buffer.from("no sound at all"), "said.mp3");
    const asked = { model: "demo-transcription", file };
    const silent = await refused(BadRequestError, client.audio.transcriptions.create(asked));
    assert.equal(silent.code, "invalid_audio");
  },
  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    assert.ok(names.includes("demo-chat"));
    assert.equal((await client.models.retrieve("demo-chat")).id, "demo-chat");
    await refused(NotFoundError, client.models.retrieve("no-such-model"));
  },
  async refusals() {
    const asked = { model: "demo-chat", messages: user("Rain") };
    const stranger = clientOf({ apiKey: "sk-nobody-has-such-a-key-0001" });
    const unknown = await refused(AuthenticationError, stranger.chat.completions.create(asked));
    assert.equal(unknown.code, "invalid_api_key");
    const poor = clientOf({ apiKey: POOR_KEY });
    const broke = await refused(APIError, poor.chat.completions.create(asked));
    assert.equal(broke.status, 402);
    assert.equal(broke.code, "insufficient_user_quota");
    const odd = client.chat.completions.create({ ...asked, temperature: "warm" });
    assert.equal((await refused(BadRequestError, odd)).param, "temperature");
    const absent = client.chat.completions.create({ ...asked, model: "demo-chatt" });
    assert.equal((await refused(NotFoundError, absent)).code, "model_not_found");
  },
  async a_stream_is_left() {
    const asked = { model: "slow-chat", messages: user("Rain"), stream: true };
    const stream = await client.chat.completions.create(asked);
    let count = 0;
    await assert.doesNotReject(async () => {
      for await (const _ of stream) {
        count += 1;
        if (count === 3) break;
      }
    });
    const gone = new AbortController();
    const late = client.chat.completions.create(asked, { signal: gone.signal });
    gone.abort();
    await assert.rejects(late, APIUserAbortError);
  },
  async foreign_chat() {
    const asked = { model: "mock-plain", messages: user("say much") };
    const whole = await client.chat.completions.create(asked);
    assert.equal(whole.usage.completion_tokens, 17);
    const chunks = await all(await client.chat.completions.create({ ...asked, stream: true }));
    sound(chunks);
    assert.equal(textOf(chunks), whole.choices[0].message.content);
  },
  async foreign_tools() {
    const stream = client.chat.completions.stream({
      model: "mock-plain",
      messages: user("where is the parcel"),
      tools: [PARCEL],
    });
    const [choice] = (await stream.finalChatCompletion()).choices;
    assert.equal(choice.finish_reason, "tool_calls");
    assert.equal(choice.message.tool_calls.length, 2);
    assert.deepEqual(JSON.parse(choice.message.tool_calls[0].function.arguments), {
      parcel_id: "P-118",
    });
  },
  async foreign_embeddings() {
    const asked = { model: "text-embedding-3-small", input: "measure this" };
    const reply = await client.embeddings.create(asked);
    assert.deepEqual([...reply.data[0].embedding], [0.5, -0.25, 0.125, 1]);
  },
  async foreign_failures() {
    const asked = { model: "lone-429-node", messages: user("fail with 429") };
    const full = await refused(RateLimitError, client.chat.completions.create(asked));
    assert.equal(full.code, "upstream_saturated");
    assert.ok(Number(full.headers.get("retry-after")) >= 1);
    const broken = { model: "spared-break-node", messages: user("break off"), stream: true };
    const stream = await client.chat.completions.create(broken);
    const error = await all(stream).catch((caught) => caught);
    assert.ok(error instanceof APIError, "the stream ended quietly");
    const spared = { model: "spared-500-node", messages: user("fail with 500"), stream: true };
    const chunks = await all(await client.chat.completions.create(spared));
    sound(chunks);
    assert.match(textOf(chunks), /fail with 500/);
  },
};

const outcomes = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    outcomes[name] = "";
  } catch (error) {
    outcomes[name] = error.stack ?? String(error);
  }
}
console.log(JSON.stringify({ outcomes, seen }));
process.exit(0);
