import { Button, Tag, Tooltip, Typography } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { useWhen } from "../parts/when";
import { Detail } from "./detail";
import { type Filter, Filters } from "./filters";
import { Formula } from "./formula";

type Row = Schemas["LogView"];

/** Requests with their formula; house: of everybody. */
export function Requests({ house }: { house: boolean }) {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const [filter, setFilter] = useState<Filter>({});
  const [shown, setShown] = useState<Row>();
  const pages = usePages(["log", house, filter], (cursor) =>
    told(
      api.GET("/api/v1/log", { params: { query: { ...filter, mine: !house, cursor, limit: 50 } } }),
    ),
  );
  return (
    <>
      <Filters value={filter} house={house} onChange={setFilter} />
      <Listing<Row>
        pages={pages}
        rowKey="request_id"
        empty={t("log.none")}
        columns={[
          {
            title: t("field.created_at"),
            dataIndex: "created_at",
            render: (at: string, row) => (
              <Button type="link" size="small" style={{ padding: 0 }} onClick={() => setShown(row)}>
                {when(at)}
              </Button>
            ),
          },
          {
            title: t("field.model"),
            dataIndex: "model",
            render: (name: string, row) => (
              <>
                <code>{name}</code>
                <br />
                <small>
                  {[row.group, row.token_name, house && `#${row.account_id}`]
                    .filter(Boolean)
                    .join(" · ")}
                </small>
              </>
            ),
          },
          { title: t("field.status"), render: (_, row) => <Outcome row={row} /> },
          {
            title: t("log.tokens"),
            render: (_, row) => `${row.input_tokens} → ${row.output_tokens}`,
          },
          {
            title: t("log.time"),
            render: (_, row) => (
              <Tooltip title={t("field.first_token_ms")}>
                {row.first_token_ms} / {row.total_ms} ms
              </Tooltip>
            ),
          },
          {
            title: t("field.charge"),
            dataIndex: "charge",
            render: (charge: string, row) => (
              <div style={{ width: 240 }}>
                {money(charge)}
                <div style={{ fontSize: 12 }}>
                  <Formula row={row} />
                </div>
              </div>
            ),
          },
          ...(house
            ? [
                {
                  title: t("field.margin"),
                  dataIndex: "margin",
                  render: (margin: string | undefined) => money(margin),
                },
              ]
            : []),
        ]}
      />
      {shown && <Detail row={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function Outcome({ row }: { row: Row }) {
  if (!row.code) return <Tag color="green">{row.status}</Tag>;
  return (
    <div style={{ maxWidth: 260 }}>
      <Tag color="red">
        {row.status} {row.code}
      </Tag>
      <Typography.Text type="secondary" style={{ fontSize: 12 }} ellipsis={{ tooltip: row.reason }}>
        {row.reason}
      </Typography.Text>
    </div>
  );
}
