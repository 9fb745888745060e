// The official Node SDK's calls for pictures. Writes what it saw as JSON.

import { createReadStream } from "node:fs";
import OpenAI from "openai";

const file = () => createReadStream(process.argv[2]);
const client = new OpenAI({
  apiKey: process.env.KEY,
  baseURL: process.env.BASE_URL,
  maxRetries: 0,
});

const linked = await client.images.generate({ model: "m", prompt: "a boat" });
const plain = await client.images.generate({
  model: "m",
  prompt: "a boat",
  response_format: "b64_json",
});
const edited = await client.images.edit({ model: "m", image: file(), prompt: "a hat" });
const both = await client.images.edit({ model: "m", image: [file(), file()], prompt: "both" });
const varied = await client.images.createVariation({ model: "m", image: file() });

let refused = "";
try {
  await client.images.generate({ model: "dall-e-3", prompt: "x", size: "256x256" });
} catch (error) {
  refused = error.code;
}

console.log(
  JSON.stringify({
    b64: plain.data[0].b64_json,
    urls: [linked, edited, both, varied].map((reply) => reply.data[0].url.startsWith("http")),
    refused,
  }),
);
