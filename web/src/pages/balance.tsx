import { useMutation } from "@tanstack/react-query";
import { Button, Card, Descriptions } from "antd";
import { useTranslation } from "react-i18next";

import { call } from "../api/call";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useKey } from "../playground/key";
import { KeyField } from "../playground/key-field";

/** Legacy units, as programs of this family read them. */
interface Standing {
  data: { name: string; total_granted: number; total_used: number; total_available: number; unlimited_quota: boolean; expires_at: number };
}

const UNITS_PER_USD = 500_000;

export default function Balance() {
  const { t, i18n } = useTranslation();
  const key = useKey();
  const ask = useMutation({ mutationFn: () => call<Standing>("/api/usage/token/", { key }) });
  const told = ask.data?.data;
  const usd = (units: number) => `$${(units / UNITS_PER_USD).toFixed(6).replace(/\.?0+$/, "")}`;
  const date = (seconds: number) => (seconds > 0 ? new Date(seconds * 1000).toLocaleString(i18n.language) : t("balance.never"));
  return (
    <>
      <Heading title={t("balance.title")} about={t("balance.about")} />
      <KeyField />
      <Button type="primary" disabled={!key} loading={ask.isPending} onClick={() => ask.mutate()}>{t("balance.look")}</Button>
      <div style={{ marginTop: 16, maxWidth: 560 }} aria-live="polite">
        <FaultNote fault={ask.error} />
        {told && (
          <Card>
            <Descriptions column={1} items={[
              { key: "name", label: t("balance.name"), children: told.name },
              { key: "used", label: t("balance.used"), children: usd(told.total_used) },
              { key: "left", label: t("balance.left"), children: told.unlimited_quota ? t("balance.unlimited") : usd(told.total_available) },
              { key: "ends", label: t("balance.ends"), children: date(told.expires_at) },
            ]} />
          </Card>
        )}
      </div>
    </>
  );
}
