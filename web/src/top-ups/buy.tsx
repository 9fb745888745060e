import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Input, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

import { api, type Schemas, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { useMoney } from "../parts/money";
import { paid } from "./amount";

type Options = Schemas["TopUpOptions"];

/** Choose an amount and a way to pay; the provider's page comes next. */
export function Buy() {
  const { data } = useQuery({
    queryKey: ["top-up-options"],
    queryFn: () => told(api.GET("/api/v1/me/top-up-options")),
  });
  return data && data.methods.length > 0 ? <Form options={data} /> : null;
}

function Form({ options }: { options: Options }) {
  const { t } = useTranslation();
  const money = useMoney();
  const go = useNavigate();
  const [amount, setAmount] = useState(options.packages[0]?.amount ?? options.minimum);
  const [way, setWay] = useState(0);
  const [fault, setFault] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const method = options.methods[way];
  const pay = async () => {
    if (!method) return;
    setBusy(true);
    setFault(undefined);
    try {
      const order = await told(api.POST("/api/v1/me/top-ups", { body: { amount, ...method } }));
      // A code is scanned from here; a page is paid at.
      if (order.code_image) await go(`?top_up=${order.number}`);
      else if (/^https?:\/\//.test(order.url)) window.location.assign(order.url);
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  const credit = creditFor(options, amount);
  return (
    <Card size="small" title={t("topUps.buy")} style={{ marginBottom: 16, maxWidth: 640 }}>
      <Flex wrap gap="small" style={{ marginBottom: 12 }}>
        {options.packages.map((one) => (
          <Button
            key={one.amount}
            type={one.amount === amount ? "primary" : "default"}
            onClick={() => setAmount(one.amount)}
          >
            {paid(one.amount, options.currency)} → {money(one.credit)}
          </Button>
        ))}
      </Flex>
      <label htmlFor="top-up-amount">
        {t("topUps.amount", {
          currency: options.currency,
          least: options.minimum,
          most: options.maximum,
        })}
      </label>
      <Input
        id="top-up-amount"
        inputMode="decimal"
        value={amount}
        onChange={(change) => setAmount(change.target.value.trim())}
        style={{ marginBottom: 12 }}
      />
      <Radio.Group
        aria-label={t("topUps.method")}
        value={way}
        onChange={(change) => setWay(Number(change.target.value))}
        options={options.methods.map((one, value) => ({
          value,
          label: t(`topUps.by.${one.method}`, { defaultValue: one.method }),
        }))}
      />
      <FaultNote fault={fault} />
      <div style={{ marginTop: 12 }}>
        <Button type="primary" loading={busy} disabled={!amount} onClick={() => void pay()}>
          {t("topUps.pay", { amount: paid(amount || "0", options.currency) })}
        </Button>{" "}
        {credit !== undefined && <span>{t("topUps.credit", { amount: money(credit) })}</span>}
      </div>
    </Card>
  );
}

/** USD, about: what is credited is the server's to say. */
function creditFor(options: Options, amount: string): number | undefined {
  const whole = options.packages.find((one) => Number(one.amount) === Number(amount));
  const usd = whole ? Number(whole.credit) : Number(amount) / Number(options.rate);
  return Number.isFinite(usd) && usd > 0 ? usd : undefined;
}
