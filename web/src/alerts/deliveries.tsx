import { Tag, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Listing, usePages } from "../parts/listing";
import { useWhen } from "../parts/when";

type Delivery = Schemas["DeliveryView"];
const COLOURS = { sent: "green", waiting: "blue", failed: "red" } as const;
const LOOK_MS = 15_000;

/** Every message, and what became of it. */
export function Deliveries() {
  const { t } = useTranslation();
  const when = useWhen();
  const pages = usePages(
    ["alert-deliveries"],
    (cursor) => told(api.GET("/api/v1/alert-deliveries", { params: { query: { cursor } } })),
    LOOK_MS,
  );
  return (
    <Listing<Delivery>
      pages={pages}
      rowKey="id"
      empty={t("alerts.noDeliveries")}
      columns={[
        { title: t("field.created_at"), dataIndex: "created_at", render: (at: string) => when(at) },
        {
          title: t("field.state"),
          dataIndex: "state",
          render: (state: Delivery["state"]) => (
            <Tag color={COLOURS[state]}>{t(`alerts.state.${state}`)}</Tag>
          ),
        },
        {
          title: t("alerts.target"),
          dataIndex: "target",
          render: (target: string, one) => (
            <div style={{ maxWidth: 260, overflowWrap: "anywhere" }}>
              {t(`alerts.${one.kind}`)} · {target}
            </div>
          ),
        },
        {
          title: t("field.title"),
          dataIndex: "title",
          render: (title: string, one) => (
            <div style={{ width: 320, overflowWrap: "anywhere" }}>
              {title}
              <br />
              <Typography.Text type="secondary">{one.text}</Typography.Text>
            </div>
          ),
        },
        {
          title: t("alerts.attempts"),
          dataIndex: "attempts",
          render: (attempts: number, one) =>
            [attempts, one.status || "", one.problem].filter((part) => part !== "").join(" · "),
        },
      ]}
    />
  );
}
