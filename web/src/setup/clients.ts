// Ready blocks for each client, with the reader's own address and key filled in.

import LINKS from "../../../waystation/control/docs_site/import_links.json";

export interface Filled {
  /** Where programs send requests, without a path. */
  address: string;
  key: string;
  model: string;
  /** How the site is called. */
  site: string;
  /** The NextChat that set-ups are imported into; "": none. */
  nextChat: string;
}

export interface Block {
  /** Where it goes: a file, a shell, a field of the program. */
  where: string;
  text: string;
}

export interface Client {
  name: string;
  blocks: (filled: Filled) => Block[];
  /** Links that open a program and import the set-up, by the program's name. */
  links?: (filled: Filled) => Record<string, string>;
}

const SHELL = "shell";

export const CLIENTS: readonly Client[] = [
  {
    name: "curl",
    blocks: ({ address, key, model }) => [
      {
        where: SHELL,
        text: `curl ${address}/v1/chat/completions \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
      },
    ],
  },
  {
    name: "Python · openai",
    blocks: ({ address, key, model }) => [
      {
        where: "Python",
        text: `from openai import OpenAI

client = OpenAI(base_url="${address}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
      },
    ],
  },
  {
    name: "Python · anthropic",
    blocks: ({ address, key, model }) => [
      {
        where: "Python",
        text: `from anthropic import Anthropic

client = Anthropic(base_url="${address}", api_key="${key}")
answer = client.messages.create(
    model="${model}",
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.content[0].text)`,
      },
    ],
  },
  {
    name: "Python · google-genai",
    blocks: ({ address, key, model }) => [
      {
        where: "Python",
        text: `from google import genai

client = genai.Client(api_key="${key}", http_options={"base_url": "${address}"})
answer = client.models.generate_content(model="${model}", contents="Hello")
print(answer.text)`,
      },
    ],
  },
  {
    name: "Claude Code",
    blocks: ({ address, key, model }) => [
      {
        where: SHELL,
        text: `export ANTHROPIC_BASE_URL=${address}
export ANTHROPIC_AUTH_TOKEN=${key}
export ANTHROPIC_MODEL=${model}
claude`,
      },
    ],
    links: linksOf("claude-code"),
  },
  {
    name: "Codex CLI",
    blocks: ({ address, key, model }) => [
      {
        where: "~/.codex/config.toml",
        text: `model = "${model}"
model_provider = "waystation"

[model_providers.waystation]
name = "waystation"
base_url = "${address}/v1"
env_key = "WAYSTATION_KEY"
wire_api = "responses"`,
      },
      { where: SHELL, text: `export WAYSTATION_KEY=${key}\ncodex` },
    ],
    links: linksOf("codex"),
  },
  {
    name: "Gemini CLI",
    blocks: ({ address, key, model }) => [
      {
        where: "~/.gemini/.env",
        text: `GOOGLE_GEMINI_BASE_URL=${address}
GEMINI_API_KEY=${key}
GEMINI_MODEL=${model}`,
      },
    ],
    links: linksOf("gemini-cli"),
  },
  {
    name: "Cherry Studio",
    blocks: ({ address, key }) => [{ where: "API", text: `${address}\n${key}` }],
    links: linksOf("cherry-studio"),
  },
  {
    name: "Cline · Roo · Kilo",
    blocks: ({ address, key, model }) => [
      {
        where: "OpenAI Compatible",
        text: `Base URL: ${address}/v1\nAPI Key: ${key}\nModel ID: ${model}`,
      },
    ],
  },
  {
    name: "NextChat · LobeChat · Open WebUI",
    blocks: ({ address, key }) => [{ where: "OpenAI", text: `${address}/v1\n${key}` }],
    links: linksOf("nextchat"),
  },
  {
    name: "OpenCat · BotGem",
    blocks: ({ address, key }) => [{ where: "API", text: `${address}\n${key}` }],
    links: linksOf("apps"),
  },
];

/** How links that import a set-up are written: the docs' pages read the same file. */
type Query = Record<string, string | Record<string, string>>;
interface Link {
  to: string;
  query: Query;
  base64?: boolean;
}

function linksOf(client: keyof typeof LINKS): (filled: Filled) => Record<string, string> {
  const links: Record<string, Link> = LINKS[client];
  return (filled) =>
    Object.fromEntries(
      Object.entries(links)
        .filter(([, { to }]) => filled.nextChat || !to.includes("{nextChat}"))
        .map(([program, link]) => [program, linkOf(link, filled)]),
    );
}

/** What stands behind # stays in the browser: that address's server does not get the key. */
function linkOf({ to, query, base64 }: Link, filled: Filled): string {
  const put = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: keyof Filled) =>
      name === "nextChat" ? filled[name].replace(/\/+$/, "") : filled[name],
    );
  const said = Object.entries(query).map(([name, value]): [string, string] => {
    if (typeof value === "string") return [name, put(value)];
    const each = Object.entries(value).map(([field, text]) => [field, put(text)]);
    const json = JSON.stringify(Object.fromEntries(each));
    return [name, base64 ? inBase64(json) : json];
  });
  return `${put(to)}?${new URLSearchParams(said)}`;
}

function inBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
