import type { Schemas } from "../api/client";

/** Addresses of a task's files of one sort; none while there are none. */
export function filesOf(task: Schemas["TaskView"], sort: "image" | "audio" | "video"): string[] {
  return task.files
    .filter((file) => file.content_type.startsWith(`${sort}/`))
    .map((file) => file.url);
}
