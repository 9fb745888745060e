import { Table } from "../parts/table";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { useMoney } from "../parts/money";

type Usage = Schemas["UsageView"];

export function UsageTable({ rows, what }: { rows: Usage[]; what: string }) {
  const { t } = useTranslation();
  const money = useMoney();
  const waits = rows.some((row) => typeof row.first_token_ms === "number");
  const inside = rows.some((row) => typeof row.cost === "string");
  return (
    <Table<Usage>
      size="small"
      rowKey="key"
      dataSource={rows}
      pagination={{ pageSize: 10, hideOnSinglePage: true }}
      scroll={{ x: "max-content" }}
      columns={[
        { title: t(`field.${what}`), dataIndex: "key", render: (key: string) => key || "–" },
        { title: t("field.requests"), dataIndex: "requests", align: "right" },
        { title: t("field.failures"), dataIndex: "failures", align: "right" },
        {
          title: t("log.tokens"),
          align: "right",
          render: (_, row) => `${row.input_tokens} → ${row.output_tokens}`,
        },
        {
          title: t("field.charge"),
          dataIndex: "charge",
          align: "right",
          render: (usd: string) => money(usd),
        },
        ...(waits
          ? [
              {
                title: t("field.first_token_ms"),
                key: "wait",
                align: "right" as const,
                render: (_: unknown, row: Usage) =>
                  typeof row.first_token_ms === "number" ? `${row.first_token_ms} ms` : "–",
              },
            ]
          : []),
        ...(inside
          ? [
              {
                title: t("field.margin"),
                key: "margin",
                align: "right" as const,
                render: (_: unknown, row: Usage) =>
                  money(Number(row.charge) - Number(row.cost ?? 0)),
              },
            ]
          : []),
      ]}
    />
  );
}
