// The Midjourney routes as this page uses them: submit, look, press a button, confirm a window.
import { call } from "../api/call";

export interface Submitted {
  code: number;
  description: string;
  result?: string;
}

export interface Task {
  id: string;
  action: string;
  status: string;
  progress: string;
  prompt: string;
  imageUrl: string | null;
  failReason: string | null;
  buttons: { customId: string; label: string; emoji: string }[];
}

/** The protocol's code for a button that first wants a text or a mask. */
export const NEEDS_WINDOW = 21;

const ACCEPTED = new Set([1, 22, NEEDS_WINDOW]);
const ENDED = new Set(["SUCCESS", "FAILURE", "CANCEL", "MODAL"]);

export class Unaccepted extends Error {}

export const ended = (task: Task | undefined): boolean =>
  task !== undefined && ENDED.has(task.status);

export async function submit(
  key: string,
  what: "imagine" | "action" | "modal",
  body: object,
): Promise<Submitted> {
  const reply = await call<Submitted>(`/mj/submit/${what}`, { method: "POST", key, body });
  if (!ACCEPTED.has(reply.code)) throw new Unaccepted(reply.description);
  return reply;
}

export function look(key: string, id: string): Promise<Task> {
  return call<Task>(`/mj/task/${encodeURIComponent(id)}/fetch`, { key });
}
