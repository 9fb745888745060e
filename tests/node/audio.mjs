// The official Node SDK's calls for sound. Writes what it saw as JSON.

import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import OpenAI from "openai";

const path = process.argv[2];
const client = new OpenAI({
  apiKey: process.env.KEY,
  baseURL: process.env.BASE_URL,
  maxRetries: 0,
});

const input = "Good morning, the train leaves at nine.";
const said = await client.audio.speech.create({ model: "demo-speech", voice: "alloy", input });
await writeFile(path, Buffer.from(await said.arrayBuffer()));

const sse = await client.audio.speech.create({
  model: "demo-speech",
  voice: "alloy",
  input,
  stream_format: "sse",
});
const spoken = (await sse.text())
  .split("\n\n")
  .filter((frame) => frame.startsWith("data: {"))
  .map((frame) => JSON.parse(frame.slice(6)).type);

const model = "demo-transcription";
const file = () => createReadStream(path);
const text = (await client.audio.transcriptions.create({ model, file: file() })).text;
const translated = (await client.audio.translations.create({ model, file: file() })).text;
const stream = await client.audio.transcriptions.create({ model, file: file(), stream: true });
let streamed = "";
const kinds = [];
for await (const event of stream) {
  kinds.push(event.type);
  if (event.type === "transcript.text.delta") streamed += event.delta;
}

let refused = "";
try {
  await client.audio.speech.create({ model: "demo-speech", voice: "alloy", input: "x".repeat(5000) });
} catch (error) {
  refused = error.code;
}

console.log(JSON.stringify({ text, translated, streamed, kinds, spoken, refused }));
