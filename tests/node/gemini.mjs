// The official Google SDK for Node, and OpenAI's Responses, against a gateway.
// Prints one JSON object: what became of each check.
import assert from "node:assert/strict";
import { GoogleGenAI, Type } from "@google/genai";
import OpenAI from "openai";

const { BASE_URL, KEY, MODEL } = process.env;
const google = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: BASE_URL } });
const openai = new OpenAI({ apiKey: KEY, baseURL: `${BASE_URL}/v1`, maxRetries: 0 });
const contents = "Name a bridge.";
const DECLARED = {
  name: "weather",
  description: "The weather in a city.",
  parameters: {
    type: Type.OBJECT,
    properties: { city: { type: Type.STRING } },
    required: ["city"],
  },
};
const FUNCTION = {
  type: "function",
  name: "weather",
  description: "The weather in a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};
const question = "How is the weather in Trieste?";

const checks = {
  async gemini_answer() {
    const said = await google.models.generateContent({ model: MODEL, contents });
    assert.match(said.text, /Name a bridge\./);
    assert.equal(said.candidates[0].finishReason, "STOP");
    assert.ok(said.usageMetadata.totalTokenCount > 0);
  },
  async gemini_stream() {
    const texts = [];
    for await (const chunk of await google.models.generateContentStream({ model: MODEL, contents }))
      texts.push(chunk.text ?? "");
    assert.ok(texts.length > 5);
    assert.match(texts.join(""), /Name a bridge\./);
  },
  async gemini_tools() {
    const config = { tools: [{ functionDeclarations: [DECLARED] }] };
    const turns = [{ role: "user", parts: [{ text: question }] }];
    const asked = await google.models.generateContent({ model: MODEL, contents: turns, config });
    const [call] = asked.functionCalls;
    assert.equal(call.name, "weather");
    const result = { id: call.id, name: call.name, response: { result: "sunny, 21" } };
    turns.push(asked.candidates[0].content);
    turns.push({ role: "user", parts: [{ functionResponse: result }] });
    const said = await google.models.generateContent({ model: MODEL, contents: turns, config });
    assert.match(said.text, /sunny, 21/);
  },
  async gemini_error() {
    await assert.rejects(
      google.models.generateContent({ model: "no-such-model", contents }),
      (error) => error.status === 404 && /NOT_FOUND/.test(error.message),
    );
  },
  async responses_answer() {
    const said = await openai.responses.create({ model: MODEL, input: contents, store: false });
    assert.match(said.output_text, /Name a bridge\./);
    assert.equal(said.status, "completed");
    assert.ok(said.usage.output_tokens > 0);
  },
  async responses_stream() {
    const kinds = [];
    const stream = openai.responses.stream({ model: MODEL, input: contents, store: false });
    for await (const event of stream) kinds.push(event.type);
    const whole = await stream.finalResponse();
    assert.equal(kinds[0], "response.created");
    assert.equal(kinds.at(-1), "response.completed");
    assert.match(whole.output_text, /Name a bridge\./);
  },
  async responses_tools() {
    const request = { model: MODEL, tools: [FUNCTION], store: false };
    const asked = await openai.responses.create({ ...request, input: question });
    const call = asked.output.find((item) => item.type === "function_call");
    assert.equal(call.name, "weather");
    const output = { type: "function_call_output", call_id: call.call_id, output: "sunny, 21" };
    const input = [{ role: "user", content: question }, ...asked.output, output];
    const said = await openai.responses.create({ ...request, input });
    assert.match(said.output_text, /sunny, 21/);
  },
};

const outcomes = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    outcomes[name] = "";
  } catch (error) {
    outcomes[name] = String(error.stack ?? error);
  }
}
console.log(JSON.stringify(outcomes));
