import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Input, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";
import { topUpColumns } from "../top-ups/columns";

type TopUp = Schemas["TopUpView"];
const STATES = ["", "pending", "paid", "expired", "refunded"] as const;

export default function TopUps() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const act = useAct("top-ups", "accounts");
  const [state, setState] = useState<(typeof STATES)[number]>("");
  const [number, setNumber] = useState("");
  const [adding, setAdding] = useState(false);
  const pages = usePages(["top-ups", state, number], (cursor) =>
    told(api.GET("/api/v1/top-ups", { params: { query: { state, number, cursor, limit: 50 } } })),
  );
  const of = (one: TopUp) => ({ path: { number: one.number } });
  const confirm = (one: TopUp) =>
    void act(() => api.POST("/api/v1/top-ups/{number}/confirm", { params: of(one) }));
  const refund = (one: TopUp) =>
    void act(() => api.POST("/api/v1/top-ups/{number}/refund", { params: of(one), body: {} }));
  return (
    <>
      <Heading title={t("menu.topUps")} about={t("topUps.about")}>
        <Flex gap="small" wrap>
          <Link to="/console/settings">
            <Button tabIndex={-1}>{t("topUps.terms")}</Button>
          </Link>
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
            {t("topUps.enter")}
          </Button>
        </Flex>
      </Heading>
      <Flex wrap gap="small" style={{ marginBottom: 16 }}>
        <Segmented
          aria-label={t("field.state")}
          value={state}
          onChange={setState}
          options={STATES.map((value) => ({ value, label: t(`topUps.state.${value || "all"}`) }))}
        />
        <Input.Search
          allowClear
          aria-label={t("topUps.number")}
          placeholder={t("topUps.number")}
          onSearch={(typed) => setNumber(typed.trim())}
          style={{ maxWidth: 260 }}
        />
      </Flex>
      <Listing<TopUp>
        pages={pages}
        rowKey="number"
        columns={[
          {
            title: t("field.account_id"),
            dataIndex: "account_id",
            render: (id: number) => `#${id}`,
          },
          ...topUpColumns(t, money, when),
          {
            title: t("field.note"),
            key: "note",
            render: (_, one) => (
              <div style={{ maxWidth: 260, overflowWrap: "anywhere" }}>
                {[one.reference, one.note, one.problem].filter(Boolean).join(" · ")}
              </div>
            ),
          },
          {
            title: "",
            key: "act",
            render: (_, one) => (
              <Flex gap={4}>
                {(one.state === "pending" || one.state === "expired") && (
                  <SureButton ask={t("topUps.confirmAsk")} onSure={() => confirm(one)}>
                    {t("topUps.confirm")}
                  </SureButton>
                )}
                {one.state === "paid" && (
                  <SureButton danger ask={t("topUps.refundAsk")} onSure={() => refund(one)}>
                    {t("log.refund")}
                  </SureButton>
                )}
              </Flex>
            ),
          },
        ]}
      />
      {adding && <Enter onSaved={() => void pages.refetch()} onClose={() => setAdding(false)} />}
    </>
  );
}

/** Money that came another way. */
function Enter({ onSaved, onClose }: { onSaved: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Editor
      title={t("topUps.enter")}
      fields={[
        { name: "account_id", kind: "number", required: true },
        { name: "amount", kind: "amount", required: true, label: "paidAmount" },
        { name: "currency", kind: "text", help: "paidCurrency" },
        { name: "credit", kind: "amount", required: true, help: "usd" },
        { name: "reference", kind: "text" },
        { name: "note", kind: "text" },
      ]}
      save={async (body) => {
        await api.POST("/api/v1/top-ups", { body: body as Schemas["ManualTopUpBody"] });
        onSaved();
      }}
      onClose={onClose}
    />
  );
}
