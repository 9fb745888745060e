import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Tag, Typography } from "antd";
import { useState } from "react";
import { Table } from "../parts/table";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import { FaultNote } from "../parts/fault";
import type { Field, Values } from "../parts/field";
import { Heading } from "../parts/heading";
import { RowActs } from "../parts/row-acts";

type Provider = Schemas["ProviderView"];
const KINDS = [
  { value: "github", label: "GitHub" },
  { value: "oidc", label: "OpenID Connect" },
  { value: "oauth2", label: "OAuth 2" },
];

export default function Providers() {
  const { t } = useTranslation();
  const act = useAct("providers", "site");
  const [edited, setEdited] = useState<Provider | "new">();
  const { data, error } = useQuery({
    queryKey: ["providers"],
    queryFn: () => told(api.GET("/api/v1/sign-in-providers")),
  });
  const old = edited === "new" ? undefined : edited;
  const of = (one: Provider) => ({ path: { provider: String(one.id) } });
  const fields: Field[] = [
    { name: "kind", kind: "choice", options: KINDS, required: true, start: "github" },
    { name: "name", kind: "text", required: true, help: "providerName" },
    { name: "title", kind: "text" },
    { name: "client_id", kind: "text", required: true },
    { name: "client_secret", kind: "secret" },
    { name: "issuer", kind: "text", help: "issuer" },
    ...(["authorize_url", "token_url", "userinfo_url", "scopes"] as const).map(
      (name) => ({ name, kind: "text" }) satisfies Field,
    ),
    { name: "allow_private", kind: "switch", help: "allowPrivate" },
    { name: "enabled", kind: "switch", start: true },
  ];
  const save = async (typed: Values) => {
    const body = typed as Schemas["ProviderBody"];
    if (old) await api.PATCH("/api/v1/sign-in-providers/{provider}", { params: of(old), body });
    else await api.POST("/api/v1/sign-in-providers", { body });
    await act(() => Promise.resolve());
  };
  return (
    <>
      <Heading title={t("menu.providers")} about={t("providers.about")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("act.add")}
        </Button>
      </Heading>
      <FaultNote fault={error} />
      <Table<Provider>
        size="middle"
        rowKey="id"
        pagination={false}
        scroll={{ x: "max-content" }}
        dataSource={data?.data ?? []}
        columns={[
          {
            title: t("field.name"),
            dataIndex: "name",
            render: (name: string, one) => one.title || name,
          },
          { title: t("field.kind"), dataIndex: "kind" },
          {
            title: t("providers.callback"),
            dataIndex: "callback",
            render: (url: string) => (
              <Typography.Text copyable code>
                {url}
              </Typography.Text>
            ),
          },
          {
            title: t("field.enabled"),
            dataIndex: "enabled",
            render: (on: boolean) => (
              <Tag color={on ? "green" : "default"}>{t(on ? "profile.on" : "profile.off")}</Tag>
            ),
          },
          {
            title: "",
            key: "act",
            render: (_, one) => (
              <RowActs
                onEdit={() => setEdited(one)}
                onDelete={() =>
                  void act(() =>
                    api.DELETE("/api/v1/sign-in-providers/{provider}", { params: of(one) }),
                  )
                }
              />
            ),
          },
        ]}
      />
      {edited && (
        <Editor
          title={old?.name ?? t("act.add")}
          fields={fields}
          before={old as Values | undefined}
          save={save}
          onClose={() => setEdited(undefined)}
        >
          {old && <Alert type="info" title={t("providers.callback")} description={old.callback} />}
        </Editor>
      )}
    </>
  );
}
