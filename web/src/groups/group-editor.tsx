import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { flatten, LIMITS, nest, nestedFields } from "../parts/nested";
import { useGroupNames } from "./names";

/** Read whole first: the list does not say which channels a group orders itself. */
export function GroupEditor({
  named,
  onSaved,
  onClose,
}: {
  named: string | undefined;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const names = useGroupNames().map((value) => ({ value, label: value }));
  const channels = useQuery({
    queryKey: ["channels", "names"],
    queryFn: () => told(api.GET("/api/v1/channels", { params: { query: { limit: 100 } } })),
  });
  const group = useQuery({
    queryKey: ["groups", "one", named],
    enabled: named !== undefined,
    gcTime: 0,
    queryFn: () =>
      told(api.GET("/api/v1/groups/{group}", { params: { path: { group: named ?? "" } } })),
  });
  if (named !== undefined && !group.data) return null;
  const before = group.data && beforeOf(group.data);
  const fields: Field[] = [
    ...(named === undefined
      ? [{ name: "name", kind: "text", required: true } satisfies Field]
      : []),
    { name: "rate", kind: "amount", required: true, help: "rate", start: "1" },
    { name: "label", kind: "text" },
    { name: "description", kind: "long" },
    { name: "pros", kind: "long" },
    { name: "cons", kind: "long" },
    { name: "tags", kind: "words", start: [] },
    { name: "visible", kind: "switch", help: "visible", start: true },
    { name: "selectable", kind: "switch", help: "selectable", start: true },
    {
      name: "allowed_account_groups",
      kind: "words",
      help: "allowedAccountGroups",
      options: names,
      start: [],
    },
    {
      name: "channels",
      kind: "words",
      help: "groupChannels",
      options: channels.data?.data.map(({ name }) => ({ value: name, label: name })) ?? [],
      start: [],
    },
    ...nestedFields(LIMITS, "number"),
  ];
  const save = async (typed: Values) => {
    const body = bodyFor(nest(typed, group.data as Values | undefined, LIMITS), group.data);
    if (named === undefined) await api.POST("/api/v1/groups", { body });
    else await api.PATCH("/api/v1/groups/{group}", { params: { path: { group: named } }, body });
    onSaved();
  };
  return (
    <Editor
      title={named ?? t("groups.new")}
      fields={fields}
      before={before}
      managed={group.data?.managed ?? false}
      save={save}
      onClose={onClose}
    />
  );
}

function beforeOf(group: Schemas["GroupView"]): Values {
  return {
    ...flatten(group as unknown as Values, LIMITS),
    channels: group.channels?.map((one) => one.name) ?? [],
  };
}

/** Channels are typed by name; what is known of their place stays. None: they say it themselves. */
function bodyFor(typed: Values, before: Schemas["GroupView"] | undefined): Schemas["GroupBody"] {
  const names = typed["channels"] as string[] | undefined;
  if (!names) return typed as Schemas["GroupBody"];
  const known = new Map(before?.channels?.map((one) => [one.name, one]));
  const ordered = names.map((name, place) => ({ ...known.get(name), name, priority: place }));
  return { ...typed, channels: ordered.length ? ordered : null } as Schemas["GroupBody"];
}
