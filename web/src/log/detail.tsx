import { useQuery } from "@tanstack/react-query";
import { Alert, Descriptions, Drawer, Flex, Tag, Timeline, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { FaultNote } from "../parts/fault";
import { useMoney } from "../parts/money";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";
import { useOperator } from "../session/provider";
import { Formula } from "./formula";

type Row = Schemas["LogView"];

/** All that is known of one request. */
export function Detail({ row, onClose }: { row: Row; onClose: () => void }) {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const operator = useOperator();
  const act = useAct("log", "log-row");
  const path = { request: row.request_id };
  const { data, error } = useQuery({
    queryKey: ["log-row", row.request_id],
    queryFn: () => told(api.GET("/api/v1/log/{request}", { params: { path } })),
  });
  const refund = () =>
    act(
      () => api.POST("/api/v1/log/{request}/refund", { params: { path }, body: {} }),
      t("log.refunded"),
    );
  const facts: [string, React.ReactNode][] = [
    [
      "request_id",
      <Typography.Text copyable key="id">
        {row.request_id}
      </Typography.Text>,
    ],
    ["created_at", when(row.created_at)],
    ["operation", row.operation],
    ["model", row.model],
    ["group", row.group],
    ["token", row.token_name],
    ["first_token_ms", `${row.first_token_ms} ms`],
    ["total_ms", `${row.total_ms} ms`],
    ["end", row.end],
    ["client", row.client],
    ["peer", row.peer],
    ["price_version", row.price_version],
  ];
  if (operator)
    facts.push(
      ["account", row.account_id],
      ["channel", row.channel_id],
      ["upstream_model", row.upstream_model],
      ["cost", money(row.cost)],
      ["margin", money(row.margin)],
    );
  return (
    <Drawer open title={`${row.model} · ${row.status}`} size="min(640px, 100vw)" onClose={onClose}>
      {row.code && (
        <Alert
          type="error"
          showIcon
          title={row.code}
          description={row.reason}
          style={{ marginBottom: 16 }}
        />
      )}
      <Typography.Paragraph>
        <Formula row={row} />
      </Typography.Paragraph>
      <Descriptions
        size="small"
        column={1}
        bordered
        items={facts.map(([name, value]) => ({
          key: name,
          label: t(`field.${name}`),
          children: value || "–",
        }))}
      />
      <FaultNote fault={error} />
      {data && data.attempts.length > 0 && (
        <>
          <Typography.Title level={2} style={{ fontSize: 16 }}>
            {t("log.attempts")}
          </Typography.Title>
          <Timeline
            items={data.attempts.map((one, place) => ({
              key: place,
              content: (
                <>
                  {one.channel ?? one.group} · {one.outcome} · {one.status} · {one.millis} ms{" "}
                  <div>{one.reason}</div>
                </>
              ),
            }))}
          />
        </>
      )}
      {data && data.transfers.length > 0 && (
        <>
          <Typography.Title level={2} style={{ fontSize: 16 }}>
            {t("log.transfers")}
          </Typography.Title>
          {data.transfers.map((one, place) => (
            <Flex key={place} gap="small">
              <Tag>{one.kind}</Tag>
              {money(one.amount)} · {when(one.created_at)}
            </Flex>
          ))}
        </>
      )}
      {operator && Number(row.charge) > 0 && (
        <SureButton
          danger
          style={{ marginTop: 16 }}
          ask={t("log.refundAsk", { amount: money(row.charge) })}
          onSure={() => void refund()}
        >
          {t("log.refund")}
        </SureButton>
      )}
    </Drawer>
  );
}
