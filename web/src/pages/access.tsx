import { Button, Flex, Input, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { type Cell, CellNote } from "../access/cell";
import { OneAccount } from "../access/one-account";
import { api, type Schemas, told } from "../api/client";
import { Heading } from "../parts/heading";
import { Listing, rowsOf, usePages } from "../parts/listing";

type Row = Schemas["AccessRowView"];
const WORDS = ["search", "group", "model"] as const;

/** Which account may use which group at which rate, and what a model costs it there. */
export default function Access() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState({ search: "", group: "", model: "" });
  const [shown, setShown] = useState<Row>();
  const pages = usePages(["access", asked], (cursor) =>
    told(api.GET("/api/v1/access", { params: { query: { ...asked, cursor, limit: 50 } } })),
  );
  const names = [...new Set(rowsOf(pages).flatMap((row) => row.groups.map((one) => one.group)))];
  return (
    <>
      <Heading title={t("menu.access")} about={t("access.about")} />
      <Flex wrap gap="small" style={{ marginBottom: 16 }}>
        {WORDS.map((name) => (
          <Input.Search
            key={name}
            allowClear
            aria-label={t(`access.by.${name}`)}
            placeholder={t(`access.by.${name}`)}
            onSearch={(typed) => setAsked((before) => ({ ...before, [name]: typed.trim() }))}
            style={{ width: 220, maxWidth: "100%" }}
          />
        ))}
      </Flex>
      <Listing<Row>
        pages={pages}
        rowKey="account_id"
        columns={[
          {
            title: t("field.account"),
            dataIndex: "email",
            render: (email: string, row) => (
              <>
                <Button
                  type="link"
                  size="small"
                  style={{ padding: 0 }}
                  onClick={() => setShown(row)}
                >
                  {email}
                </Button>
                <br />
                <small>
                  #{row.account_id} · {row.account_group}
                </small>{" "}
                {!row.enabled && <Tag color="red">{t("profile.off")}</Tag>}
              </>
            ),
          },
          ...names.map((name) => ({
            title: name,
            key: name,
            render: (_: unknown, row: Row) => {
              const cell: Cell | undefined = row.groups.find((one) => one.group === name);
              return cell ? <CellNote cell={cell} model={asked.model} /> : "–";
            },
          })),
        ]}
      />
      {shown && <OneAccount row={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}
