import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { BUDGET, flatten, LIMITS, nest, nestedFields } from "../parts/nested";
import { fromMidjourney, midjourneyFields, toMidjourney } from "./midjourney";
import { groupOptions, modelOptions, useOffers } from "./offers";

type Token = Schemas["TokenView"];

/** Of a new token, or of one that is there. */
export function TokenEditor({
  token,
  taken,
  onMade,
  onSaved,
  onClose,
}: {
  token: Token | undefined;
  /** Names that are in use. */
  taken: readonly string[];
  onMade: (token: Token) => void;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const offers = useOffers();
  const fields: Field[] = [
    { name: "name", kind: "text", required: true, start: freeName(t("tokens.firstName"), taken) },
    {
      name: "groups",
      kind: "words",
      help: "tokenGroups",
      options: groupOptions(offers.data),
      start: [],
    },
    {
      name: "models",
      kind: "words",
      help: "tokenModels",
      options: modelOptions(offers.data),
      start: [],
    },
    { name: "expires_at", kind: "moment", help: "neverIfEmpty" },
  ];
  const further: Field[] = [
    ...nestedFields(BUDGET, "amount").map((field) => ({ ...field, help: "usd" })),
    ...nestedFields(LIMITS, "number"),
    { name: "allow_ips", kind: "words", help: "allowIps", start: [] },
    { name: "hook_url", kind: "text", help: "hookUrl" },
    ...midjourneyFields(t),
    ...(token ? [{ name: "enabled", kind: "switch" } satisfies Field] : []),
  ];
  const save = async (body: Values) => {
    const said = nest(toMidjourney(body, token), token as Values | undefined, BUDGET, LIMITS);
    if (token)
      await api.PATCH("/api/v1/tokens/{token}", {
        params: { path: { token: String(token.id) } },
        body: said as Schemas["TokenBody"],
      });
    else onMade(await told(api.POST("/api/v1/tokens", { body: said as Schemas["NewTokenBody"] })));
    onSaved();
  };
  return (
    <Editor
      title={token ? token.name : t("tokens.new")}
      fields={fields}
      further={further}
      before={
        token && {
          ...flatten(token as unknown as Values, BUDGET, LIMITS),
          ...fromMidjourney(token),
        }
      }
      managed={token?.managed ?? false}
      save={save}
      onClose={onClose}
    />
  );
}

/** Itself, or with the least number that makes it free. */
function freeName(name: string, taken: readonly string[]): string {
  const names = [name, ...taken.map((_, place) => `${name} ${place + 2}`)];
  return names.find((one) => !taken.includes(one)) ?? name;
}
