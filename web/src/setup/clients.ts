// Ready blocks for each client, with the reader's own address and key filled in.

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
    links: (filled) => ({ "CC Switch": switchLink("claude", filled.address, filled) }),
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
    links: (filled) => ({ "CC Switch": switchLink("codex", `${filled.address}/v1`, filled) }),
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
    links: (filled) => ({ "CC Switch": switchLink("gemini", filled.address, filled) }),
  },
  {
    name: "Cherry Studio",
    blocks: ({ address, key }) => [{ where: "API", text: `${address}\n${key}` }],
    links: (filled) => ({ "Cherry Studio": cherryLink(filled) }),
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
    links: nextChatLinks,
  },
  {
    name: "OpenCat · BotGem",
    blocks: ({ address, key }) => [{ where: "API", text: `${address}\n${key}` }],
    links: ({ address, key }) => ({
      OpenCat: `opencat://team/join?${new URLSearchParams({ domain: address, token: key })}`,
      BotGem: `ama://set-api-key?${new URLSearchParams({ server: address, key })}`,
    }),
  },
];

/** What stands behind # stays in the browser: the address's server does not get the key. */
function nextChatLinks({ address, key, nextChat }: Filled): Record<string, string> {
  if (!nextChat) return {};
  const settings = encodeURIComponent(JSON.stringify({ key, url: address }));
  return { NextChat: `${nextChat.replace(/\/+$/, "")}/#/?settings=${settings}` };
}

function switchLink(app: string, endpoint: string, { key, model, site, address }: Filled): string {
  const said = {
    resource: "provider",
    app,
    name: site,
    homepage: address,
    endpoint,
    apiKey: key,
    model,
  };
  return `ccswitch://v1/import?${new URLSearchParams(said)}`;
}

/** Its address is without /v1, which the program adds. */
function cherryLink({ address, key, site }: Filled): string {
  const provider = { id: "waystation", name: site, type: "openai", baseUrl: address, apiKey: key };
  const data = base64(JSON.stringify(provider));
  return `cherrystudio://providers/api-keys?${new URLSearchParams({ v: "1", data })}`;
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
