import { useMutation } from "@tanstack/react-query";
import { Button, Card, Descriptions } from "antd";
import { useTranslation } from "react-i18next";

import { call } from "../api/call";
import type { Schemas } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useMoney } from "../parts/money";
import { useWhen } from "../parts/when";
import { useKey } from "../playground/key";
import { KeyField } from "../playground/key-field";

export default function Balance() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const key = useKey();
  const ask = useMutation({ mutationFn: () => call<Schemas["KeyView"]>("/api/v1/key", { key }) });
  const told = ask.data;
  return (
    <>
      <Heading title={t("balance.title")} about={t("balance.about")} />
      <KeyField />
      <Button type="primary" disabled={!key} loading={ask.isPending} onClick={() => ask.mutate()}>
        {t("balance.look")}
      </Button>
      <div style={{ marginTop: 16, maxWidth: 560 }} aria-live="polite">
        <FaultNote fault={ask.error} />
        {told && (
          <Card>
            <Descriptions
              column={1}
              items={[
                { key: "name", label: t("balance.name"), children: told.name },
                {
                  key: "status",
                  label: t("field.status"),
                  children: t(`tokens.status.${told.status}`),
                },
                { key: "used", label: t("balance.used"), children: money(told.spent) },
                { key: "left", label: t("balance.left"), children: money(told.available) },
                {
                  key: "ends",
                  label: t("balance.ends"),
                  children: told.expires_at ? when(told.expires_at) : t("balance.never"),
                },
              ]}
            />
          </Card>
        )}
      </div>
    </>
  );
}
