// The official Anthropic SDK for Node against a gateway: one check after the other.
// Prints one JSON object: what became of each check.
import assert from "node:assert/strict";
import Anthropic, { AuthenticationError, BadRequestError, NotFoundError } from "@anthropic-ai/sdk";

const { BASE_URL, KEY, MODEL } = process.env;
const clientOf = (options = {}) =>
  new Anthropic({ apiKey: KEY, authToken: null, baseURL: BASE_URL, maxRetries: 0, ...options });
const client = clientOf();
const user = (content) => [{ role: "user", content }];
const hello = { model: MODEL, max_tokens: 300, messages: user("Hello there") };
const PARCEL = {
  name: "locate_parcel",
  description: "Current place of a parcel.",
  input_schema: {
    type: "object",
    properties: { parcel_id: { type: "string" } },
    required: ["parcel_id"],
  },
};

const checks = {
  async message() {
    const said = await client.messages.create(hello);
    assert.equal(said.type, "message");
    assert.equal(said.model, MODEL);
    assert.match(said.content[0].text, /Hello there/);
    assert.equal(said.stop_reason, "end_turn");
    assert.ok(said.usage.input_tokens > 0 && said.usage.output_tokens > 0);
    assert.ok(said._request_id);
  },
  async raw_stream() {
    const kinds = [];
    for await (const event of await client.messages.create({ ...hello, stream: true }))
      kinds.push(event.type);
    assert.equal(kinds[0], "message_start");
    assert.deepEqual(kinds.slice(-3), ["content_block_stop", "message_delta", "message_stop"]);
  },
  async stream_helper() {
    const stream = client.messages.stream(hello);
    const texts = [];
    stream.on("text", (text) => texts.push(text));
    const whole = await stream.finalMessage();
    assert.ok(texts.length > 5);
    assert.equal(texts.join(""), whole.content[0].text);
    assert.ok(whole.usage.input_tokens > 0 && whole.usage.output_tokens > 0);
  },
  async tools_to_their_end() {
    const question = user("Locate parcel P-118, please");
    const asked = await client.messages
      .stream({ ...hello, tools: [PARCEL], messages: question })
      .finalMessage();
    const call = asked.content.find((block) => block.type === "tool_use");
    assert.deepEqual(call.input, { parcel_id: "P-118" });
    const result = { type: "tool_result", tool_use_id: call.id, content: "in Oslo" };
    const answered = await client.messages.create({
      ...hello,
      tools: [PARCEL],
      messages: [...question, { role: "assistant", content: asked.content }, ...user([result])],
    });
    assert.match(answered.content[0].text, /in Oslo/);
  },
  async counting() {
    const { model, messages } = hello;
    const counted = await client.messages.countTokens({ model, messages });
    assert.ok(counted.input_tokens > 0);
  },
  async models() {
    const found = [];
    for await (const model of client.models.list()) found.push(model.id);
    assert.deepEqual(found, [MODEL]);
  },
  async refusals() {
    const other = clientOf({ apiKey: "sk-wrong-wrong-wrong-wrong-wrong" });
    await assert.rejects(other.messages.create(hello), AuthenticationError);
    await assert.rejects(client.messages.create({ ...hello, model: "no-such" }), NotFoundError);
    await assert.rejects(client.messages.create({ ...hello, messages: [] }), BadRequestError);
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
console.log(JSON.stringify(outcomes));
