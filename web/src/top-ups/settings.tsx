import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Skeleton, Tag, Typography } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Section } from "../house/section";
import { Editor } from "../parts/editor";
import { FaultNote } from "../parts/fault";
import type { Field, Values } from "../parts/field";

type Provider = Schemas["PaymentProviderView"];

const TERMS: Field[] = [
  { name: "currency", kind: "text", help: "paidCurrency" },
  { name: "rate", kind: "amount", label: "topUpRate", help: "topUpRate" },
  { name: "minimum", kind: "amount" },
  { name: "maximum", kind: "amount" },
  { name: "packages", kind: "pairs", help: "packages" },
];
const COMMON: Field[] = [
  { name: "enabled", kind: "switch" },
  { name: "key", kind: "secret", help: "keptIfEmpty" },
  { name: "base_url", kind: "text", help: "paymentBase" },
];
const FIELDS: Record<Provider["name"], Field[]> = {
  stripe: [...COMMON, { name: "webhook_secret", kind: "secret", help: "keptIfEmpty" }],
  easypay: [
    ...COMMON,
    { name: "merchant", kind: "text" },
    { name: "methods", kind: "words", help: "payMethods" },
    { name: "by_form", kind: "switch", help: "byForm" },
  ],
};
const FURTHER: Field[] = [{ name: "allow_private", kind: "switch", help: "allowPrivate" }];

/** What credit costs, and who takes payments. */
export function TopUpSettings() {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<Provider>();
  const { data, error, refetch } = useQuery({
    queryKey: ["settings", "top-ups"],
    queryFn: () => told(api.GET("/api/v1/settings/top-ups")),
  });
  if (!data) return error ? <FaultNote fault={error} /> : <Skeleton active />;
  const save = async (typed: Values) => {
    if (!edited) return;
    const path = { provider: edited.name };
    const body = typed as Schemas["PaymentProviderBody"];
    await api.PATCH("/api/v1/settings/payment-providers/{provider}", { params: { path }, body });
    await refetch();
  };
  return (
    <>
      {data.problem && (
        <Alert type="warning" showIcon title={data.problem} style={{ marginBottom: 16 }} />
      )}
      {data.providers.map((one) => (
        <Card
          key={one.name}
          size="small"
          title={t(`topUps.by.${one.name}`)}
          extra={
            <Flex gap="small">
              <Tag color={one.ready ? "green" : "default"}>
                {t(one.ready ? "topUps.ready" : "topUps.notReady")}
              </Tag>
              <Button size="small" onClick={() => setEdited(one)}>
                {t("act.edit")}
              </Button>
            </Flex>
          }
          style={{ marginBottom: 16 }}
        >
          {t("topUps.notify")}:{" "}
          <Typography.Text copyable code style={{ overflowWrap: "anywhere" }}>
            {one.notify}
          </Typography.Text>
        </Card>
      ))}
      <Section
        title={t("topUps.terms")}
        name="top-ups"
        fields={TERMS}
        value={termsOf(data.terms)}
        put={(typed) => api.PUT("/api/v1/settings/top-ups", { body: bodyOf(typed) })}
      />
      {edited && (
        <Editor
          title={t(`topUps.by.${edited.name}`)}
          fields={FIELDS[edited.name]}
          further={FURTHER}
          before={edited as unknown as Values}
          save={save}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}

function termsOf(terms: Schemas["TopUpTerms"]): Values {
  const packages = (terms.packages ?? []).map((one) => [one.amount, one.credit]);
  return { ...terms, packages: Object.fromEntries(packages) as Values };
}

function bodyOf(typed: Values): Schemas["TopUpTerms"] {
  const packages = Object.entries((typed["packages"] ?? {}) as Record<string, string>);
  return { ...typed, packages: packages.map(([amount, credit]) => ({ amount, credit })) };
}
