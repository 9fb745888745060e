import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Card, Tag } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Figures } from "../parts/figures";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { OneField } from "../parts/one-field";
import { useWhen } from "../parts/when";
import { Buy } from "../top-ups/buy";
import { OwnTopUps } from "../top-ups/own";
import { Returned } from "../top-ups/returned";

export default function Wallet() {
  const { t } = useTranslation();
  const money = useMoney();
  const { data } = useQuery({ queryKey: ["me"], queryFn: () => told(api.GET("/api/v1/me")) });
  return (
    <>
      <Heading title={t("menu.wallet")} about={t("wallet.about")} />
      <Returned />
      {data && (
        <Figures
          of={[
            { name: t("field.available"), value: money(data.available) },
            { name: t("field.balance"), value: money(data.balance) },
            { name: t("field.held"), value: money(data.held) },
            { name: t("field.spent"), value: money(data.spent) },
          ]}
        />
      )}
      <Buy />
      <Redeem />
      <OwnTopUps />
      <Transfers />
    </>
  );
}

function Redeem() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const redeem = async (code: string) => {
    await api.POST("/api/v1/redemptions", { body: { code } });
    for (const name of ["me", "wallet", "dashboard"])
      void queries.invalidateQueries({ queryKey: [name] });
  };
  return (
    <Card size="small" title={t("wallet.redeem")} style={{ marginBottom: 16, maxWidth: 560 }}>
      <OneField
        clears
        name="code"
        label={t("wallet.code")}
        button={t("wallet.redeem")}
        done={t("wallet.redeemed")}
        send={redeem}
      />
    </Card>
  );
}

function Transfers() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const pages = usePages(["wallet"], (cursor) =>
    told(api.GET("/api/v1/wallet", { params: { query: { cursor } } })),
  );
  return (
    <Listing<Schemas["WalletView"]>
      pages={pages}
      rowKey="id"
      empty={t("wallet.none")}
      columns={[
        { title: t("field.created_at"), dataIndex: "created_at", render: (at: string) => when(at) },
        {
          title: t("field.kind"),
          dataIndex: "kind",
          render: (kind: string) => <Tag>{t(`wallet.kind.${kind}`, { defaultValue: kind })}</Tag>,
        },
        {
          title: t("field.amount"),
          dataIndex: "amount",
          render: (amount: string) => money(amount),
        },
        { title: t("field.note"), dataIndex: "note" },
      ]}
    />
  );
}
