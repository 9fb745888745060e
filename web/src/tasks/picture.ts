import type { Schemas } from "../api/client";

/** The first picture that a task made; nothing while there is none. */
export function pictureOf(task: Schemas["TaskView"]): string | undefined {
  return task.files.find((file) => file.content_type.startsWith("image/"))?.url;
}

export function soundOf(task: Schemas["TaskView"]): string | undefined {
  return task.files.find((file) => file.content_type.startsWith("audio/"))?.url;
}
