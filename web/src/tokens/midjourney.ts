// A token's ways with Midjourney, as fields of its form.
import type { Schemas } from "../api/client";
import type { Field, Values } from "../parts/field";

export const midjourneyFields = (t: (key: string) => string): Field[] => [
  { name: "remix", kind: "switch", help: "remix" },
  {
    name: "queue_code",
    kind: "choice",
    help: "queueCode",
    options: [
      { value: "site", label: t("tokens.queue.site") },
      { value: "22", label: t("tokens.queue.own") },
      { value: "1", label: t("tokens.queue.plain") },
    ],
    start: "site",
  },
];

export function fromMidjourney({ midjourney }: Schemas["TokenView"]): Values {
  const { remix = false, queue_code_22: own = null } = midjourney;
  return { remix, queue_code: own === null ? "site" : own ? "22" : "1" };
}

/** What the form said of it becomes the record that the API takes, whole. */
export function toMidjourney(body: Values, token: Schemas["TokenView"] | undefined): Values {
  const { remix, queue_code: code, ...rest } = body;
  if (remix === undefined && code === undefined) return body;
  const before = token ? fromMidjourney(token) : { remix: false, queue_code: "site" };
  const chosen = code ?? before["queue_code"];
  return {
    ...rest,
    midjourney: {
      remix: Boolean(remix ?? before["remix"]),
      queue_code_22: chosen === "site" ? null : chosen === "22",
    },
  };
}
