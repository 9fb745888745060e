// The management API, typed by the server's own document. A refusal is thrown.
import createClient from "openapi-fetch";

import { askProof } from "../session/proof";
import { Away, Refusal, refusalOf } from "./call";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

let forgeryWord = "";
let signedOut: () => void = () => undefined;

/** What shows that a page of ours asks, beside the cookie. */
export function keepForgeryWord(word: string): void {
  forgeryWord = word;
}

export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** Sends once more where the server wants to know anew who asks, and is told. */
async function ask(request: Request): Promise<Response> {
  const again = request.clone();
  try {
    return await once(request);
  } catch (fault) {
    if (fault instanceof Refusal && fault.code === "session_required") signedOut();
    if (!(fault instanceof Refusal) || fault.code !== "step_up_required" || !(await askProof()))
      throw fault;
    return once(again);
  }
}

async function once(request: Request): Promise<Response> {
  request.headers.set("accept-language", document.documentElement.lang);
  if (forgeryWord) request.headers.set("x-csrf-token", forgeryWord);
  let reply: Response;
  try {
    reply = await fetch(request);
  } catch (fault) {
    if (request.signal.aborted) throw fault;
    throw new Away(String(fault));
  }
  if (!reply.ok) throw await refusalOf(reply);
  return reply;
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: ask,
  credentials: "same-origin",
});

/** What a call brought. */
export async function told<Data>(asked: Promise<{ data?: Data }>): Promise<Data> {
  return (await asked).data as Data;
}
