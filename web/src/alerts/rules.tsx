import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Input, InputNumber, Skeleton, Switch, Typography } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { FaultNote } from "../parts/fault";
import { RULES } from "./names";

type AlertRules = Required<Schemas["AlertRules"]>;

export function Rules() {
  const { data, error } = useQuery({
    queryKey: ["alert-rules"],
    queryFn: () => told(api.GET("/api/v1/settings/alerts")),
  });
  if (!data) return error ? <FaultNote fault={error} /> : <Skeleton active />;
  return <Form first={data as AlertRules} />;
}

/** What is watched, each with the figure at which it is trouble. */
function Form({ first }: { first: AlertRules }) {
  const { t } = useTranslation();
  const act = useAct("alert-rules", "alerts");
  const [rules, setRules] = useState(first);
  const put = (name: (typeof RULES)[number], part: Partial<Schemas["Rule"]>) =>
    setRules((before) => ({ ...before, [name]: { ...before[name], ...part } }));
  return (
    <Card size="small" style={{ maxWidth: 760 }}>
      {RULES.map((name) => (
        <Flex key={name} wrap gap="small" align="center" style={{ padding: "8px 0" }}>
          <Switch
            size="small"
            checked={rules[name].enabled}
            aria-label={`${t("field.enabled")} ${t(`alerts.name.${name}`)}`}
            onChange={(enabled) => put(name, { enabled })}
          />
          <div style={{ flex: "1 1 220px" }}>
            {t(`alerts.name.${name}`)}
            <br />
            <Typography.Text type="secondary">{t(`alerts.threshold.${name}`)}</Typography.Text>
          </div>
          <Input
            inputMode="decimal"
            aria-label={t(`alerts.threshold.${name}`)}
            value={rules[name].threshold}
            onChange={(change) => put(name, { threshold: change.target.value.trim() })}
            style={{ width: 120 }}
          />
        </Flex>
      ))}
      <Flex wrap gap="small" align="center" style={{ padding: "8px 0 16px" }}>
        <label htmlFor="alerts-quiet" style={{ flex: "1 1 220px" }}>
          {t("alerts.quiet")}
        </label>
        <InputNumber
          id="alerts-quiet"
          min={0}
          value={rules.quiet_seconds}
          onChange={(quiet_seconds) =>
            setRules((before) => ({ ...before, quiet_seconds: quiet_seconds ?? 0 }))
          }
          style={{ width: 120 }}
        />
      </Flex>
      <Button
        type="primary"
        onClick={() => void act(() => api.PUT("/api/v1/settings/alerts", { body: rules }))}
      >
        {t("form.save")}
      </Button>
    </Card>
  );
}
