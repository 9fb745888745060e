import type { Schemas } from "../api/client";
import type { Field } from "../parts/field";
import { CHANNEL_LIMITS, DEADLINES, nestedFields } from "../parts/nested";

type Options = readonly { value: string; label: string }[];

/** What every channel needs. */
export function channelFields(
  vendors: Schemas["VendorView"][],
  groups: Options,
  isNew: boolean,
): Field[] {
  return [
    { name: "name", kind: "text", required: true },
    {
      name: "vendor",
      kind: "choice",
      required: true,
      options: vendors.map(({ name, title }) => ({ value: name, label: title })),
    },
    { name: "base_url", kind: "text", help: "baseUrl" },
    { name: "allow_private", kind: "switch", help: "allowPrivate" },
    isNew
      ? { name: "keys", kind: "lines", help: "keys" }
      : { name: "add_keys", kind: "lines", help: "keys" },
    {
      name: "groups",
      kind: "words",
      options: groups,
      start: isNew && groups.length === 1 ? groups.map((one) => one.value) : [],
    },
    { name: "models", kind: "words", help: "channelModels", start: [] },
  ];
}

/** What some channels need. */
export const FURTHER: readonly Field[] = [
  { name: "model_map", kind: "pairs", help: "modelMap" },
  { name: "priority", kind: "number", help: "priority" },
  { name: "weight", kind: "number", help: "weight" },
  { name: "cost", kind: "pairs", help: "cost" },
  ...nestedFields(CHANNEL_LIMITS, "number"),
  ...nestedFields(DEADLINES, "number"),
  {
    name: "on_disconnect",
    kind: "choice",
    help: "onDisconnect",
    options: [
      { value: "abort", label: "abort" },
      { value: "drain", label: "drain" },
    ],
  },
  { name: "operations", kind: "words", help: "operations", start: [] },
  { name: "strip", kind: "words", help: "strip", start: [] },
  { name: "tags", kind: "words", start: [] },
  { name: "remix", kind: "switch", help: "remix" },
  { name: "header_overrides", kind: "pairs", help: "headerOverrides" },
  { name: "body_overrides", kind: "json", help: "bodyOverrides" },
  { name: "proxy", kind: "secret", help: "proxy" },
  { name: "enabled", kind: "switch", start: true },
];
