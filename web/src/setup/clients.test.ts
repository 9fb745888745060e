import { describe, expect, it } from "vitest";

import { CLIENTS, type Filled } from "./clients";

const FILLED: Filled = {
  address: "https://relay.example",
  key: "sk-a+b/c=0123",
  model: "m&1",
  site: "我的站",
  nextChat: "https://chat.example/next/",
};
const link = (client: string, program: string): URL =>
  new URL(CLIENTS.find((one) => one.name === client)?.links?.(FILLED)[program] ?? "");

describe("a link that imports", () => {
  it.each([
    ["Claude Code", "claude", "https://relay.example"],
    ["Codex CLI", "codex", "https://relay.example/v1"],
    ["Gemini CLI", "gemini", "https://relay.example"],
  ])("CC Switch from %s", (client, app, endpoint) => {
    const { href, searchParams } = link(client, "CC Switch");
    expect(href.startsWith("ccswitch://v1/import?")).toBe(true);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      resource: "provider",
      app,
      endpoint,
      apiKey: FILLED.key,
      model: FILLED.model,
      name: FILLED.site,
    });
  });

  it("Cherry Studio", () => {
    const { searchParams } = link("Cherry Studio", "Cherry Studio");
    const bytes = Uint8Array.from(atob(searchParams.get("data") ?? ""), (one) => one.charCodeAt(0));
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      baseUrl: FILLED.address,
      apiKey: FILLED.key,
      name: FILLED.site,
      type: "openai",
    });
  });

  it("OpenCat, BotGem, NextChat", () => {
    expect(link("OpenCat · BotGem", "OpenCat").searchParams.get("token")).toBe(FILLED.key);
    expect(link("OpenCat · BotGem", "BotGem").searchParams.get("server")).toBe(FILLED.address);
    const told =
      link("NextChat · LobeChat · Open WebUI", "NextChat").hash.split("settings=")[1] ?? "";
    expect(JSON.parse(decodeURIComponent(told))).toEqual({ key: FILLED.key, url: FILLED.address });
  });

  it("NextChat where the operator says it is", () => {
    const { host, pathname, search } = link("NextChat · LobeChat · Open WebUI", "NextChat");
    expect([host, pathname, search]).toEqual(["chat.example", "/next/", ""]);
    const none = CLIENTS.map((one) => one.links?.({ ...FILLED, nextChat: "" }) ?? {});
    expect(none.flatMap(Object.keys)).not.toContain("NextChat");
  });
});

it("every block holds the reader's address or key", () => {
  for (const client of CLIENTS) {
    const text = client
      .blocks(FILLED)
      .map((block) => block.text)
      .join("");
    expect(text).toContain(FILLED.address);
    expect(text).toContain(FILLED.key);
  }
});
