import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Input, Switch, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { AccountEditor } from "../house/account-editor";
import { TransferEditor } from "../house/transfer";
import { useAct } from "../parts/act";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";

type Account = Schemas["AccountDetailView"];

export default function Accounts() {
  const { t } = useTranslation();
  const money = useMoney();
  const act = useAct("accounts");
  const [search, setSearch] = useState("");
  const [edited, setEdited] = useState<Account | "new">();
  const [credited, setCredited] = useState<Account>();
  const pages = usePages(["accounts", search], (cursor) =>
    told(api.GET("/api/v1/accounts", { params: { query: { search, cursor, limit: 50 } } })),
  );
  return (
    <>
      <Heading title={t("menu.accounts")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("accounts.new")}
        </Button>
      </Heading>
      <Input.Search
        allowClear
        aria-label={t("session.email")}
        placeholder={t("session.email")}
        onSearch={setSearch}
        style={{ maxWidth: 320, marginBottom: 16 }}
      />
      <Listing<Account>
        pages={pages}
        rowKey="id"
        columns={[
          { title: "#", dataIndex: "id" },
          {
            title: t("session.email"),
            dataIndex: "email",
            render: (email: string, account) => (
              <>
                {email}{" "}
                {!account.confirmed && <Tag color="orange">{t("accounts.unconfirmed")}</Tag>}
              </>
            ),
          },
          {
            title: t("field.role"),
            dataIndex: "role",
            render: (role: Account["role"]) => (
              <Tag color={role === "operator" ? "blue" : "default"}>
                {t(`accounts.role.${role}`)}
              </Tag>
            ),
          },
          { title: t("field.group"), dataIndex: "group" },
          { title: t("field.balance"), dataIndex: "balance", render: (usd: string) => money(usd) },
          { title: t("field.spent"), dataIndex: "spent", render: (usd: string) => money(usd) },
          {
            title: t("field.enabled"),
            dataIndex: "enabled",
            render: (enabled: boolean, account) => (
              <Switch
                size="small"
                checked={enabled}
                disabled={account.managed}
                aria-label={`${t("field.enabled")} ${account.email}`}
                onChange={(on) =>
                  void act(() =>
                    api.PATCH("/api/v1/accounts/{account}", {
                      params: { path: { account: String(account.id) } },
                      body: { enabled: on },
                    }),
                  )
                }
              />
            ),
          },
          {
            title: "",
            key: "act",
            render: (_, account) => (
              <Flex gap={4}>
                <Button size="small" onClick={() => setEdited(account)}>
                  {t(account.managed ? "act.look" : "act.edit")}
                </Button>
                <Button size="small" onClick={() => setCredited(account)}>
                  {t("accounts.credit")}
                </Button>
              </Flex>
            ),
          },
        ]}
      />
      {edited && (
        <AccountEditor
          account={edited === "new" ? undefined : edited}
          onSaved={() => void pages.refetch()}
          onClose={() => setEdited(undefined)}
        />
      )}
      {credited && (
        <TransferEditor
          account={credited}
          onSaved={() => void pages.refetch()}
          onClose={() => setCredited(undefined)}
        />
      )}
    </>
  );
}
