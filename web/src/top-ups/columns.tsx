import { Tag, type TableProps } from "antd";
import type { TFunction } from "i18next";

import type { Schemas } from "../api/client";
import type { Money } from "../parts/money";
import { paid } from "./amount";

type TopUp = Schemas["TopUpView"];
const COLOURS = { pending: "blue", paid: "green", expired: "default", refunded: "orange" } as const;

export function topUpColumns(
  t: TFunction,
  money: Money,
  when: (moment: string | null) => string,
): NonNullable<TableProps<TopUp>["columns"]> {
  return [
    { title: t("field.created_at"), dataIndex: "created_at", render: (at: string) => when(at) },
    {
      title: t("topUps.number"),
      dataIndex: "number",
      render: (number: string) => <code>{number}</code>,
    },
    {
      title: t("field.amount"),
      dataIndex: "amount",
      render: (amount: string, one) => paid(amount, one.currency),
    },
    { title: t("topUps.gets"), dataIndex: "credit", render: (usd: string) => money(usd) },
    {
      title: t("topUps.method"),
      dataIndex: "provider",
      render: (provider: string, one) => [provider, one.method].filter(Boolean).join(" · "),
    },
    {
      title: t("field.state"),
      dataIndex: "state",
      render: (state: TopUp["state"]) => (
        <Tag color={COLOURS[state]}>{t(`topUps.state.${state}`)}</Tag>
      ),
    },
  ];
}
