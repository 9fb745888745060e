import { Alert, Button, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { Listing, usePages } from "../parts/listing";
import { Once } from "../parts/once";
import { RowActs } from "../parts/row-acts";
import { RULES } from "./names";

type Receiver = Schemas["ReceiverView"];

export function Receivers() {
  const { t } = useTranslation();
  const act = useAct("alert-receivers", "alert-deliveries");
  const [edited, setEdited] = useState<Receiver | "new">();
  const [secret, setSecret] = useState<string>();
  const [tried, setTried] = useState<Schemas["DeliveryView"]>();
  const pages = usePages(["alert-receivers"], (cursor) =>
    told(api.GET("/api/v1/alert-receivers", { params: { query: { cursor } } })),
  );
  const of = (one: Receiver) => ({ path: { receiver: String(one.id) } });
  const attempt = async (one: Receiver) =>
    setTried(await told(api.POST("/api/v1/alert-receivers/{receiver}/test", { params: of(one) })));
  const old = edited === "new" ? undefined : edited;
  const save = async (typed: Values) => {
    if (old) {
      const body = typed as Schemas["ReceiverChangeBody"];
      await api.PATCH("/api/v1/alert-receivers/{receiver}", { params: of(old), body });
    } else {
      const body = typed as Schemas["ReceiverBody"];
      setSecret((await told(api.POST("/api/v1/alert-receivers", { body }))).secret);
    }
    await pages.refetch();
  };
  return (
    <>
      <Button type="primary" style={{ marginBottom: 12 }} onClick={() => setEdited("new")}>
        {t("alerts.addReceiver")}
      </Button>
      {tried && (
        <Alert
          type={tried.state === "sent" ? "success" : "error"}
          showIcon
          closable
          title={t(`alerts.state.${tried.state}`)}
          description={[tried.target, tried.status || "", tried.problem]
            .filter(Boolean)
            .join(" · ")}
          style={{ marginBottom: 12 }}
        />
      )}
      <Listing<Receiver>
        pages={pages}
        rowKey="id"
        empty={t("alerts.noReceivers")}
        columns={[
          { title: t("field.name"), dataIndex: "name" },
          {
            title: t("field.kind"),
            dataIndex: "kind",
            render: (kind: string) => t(`alerts.${kind}`),
          },
          {
            title: t("alerts.target"),
            dataIndex: "target",
            render: (target: string) => (
              <div style={{ maxWidth: 320, overflowWrap: "anywhere" }}>{target}</div>
            ),
          },
          {
            title: t("alerts.rules"),
            dataIndex: "rules",
            render: (rules: Receiver["rules"]) =>
              rules.length === 0
                ? t("alerts.allRules")
                : rules.map((rule) => <Tag key={rule}>{t(`alerts.name.${rule}`)}</Tag>),
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
                    api.DELETE("/api/v1/alert-receivers/{receiver}", { params: of(one) }),
                  )
                }
              >
                <Button size="small" onClick={() => void act(() => attempt(one))}>
                  {t("channels.try")}
                </Button>
              </RowActs>
            ),
          },
        ]}
      />
      {edited && (
        <Editor
          title={old?.name ?? t("alerts.addReceiver")}
          fields={fieldsOf(t)}
          before={old as Values | undefined}
          save={save}
          onClose={() => setEdited(undefined)}
        />
      )}
      <Once
        title={t("alerts.secret")}
        text={secret}
        label={t("alerts.secret")}
        onClose={() => setSecret(undefined)}
      />
    </>
  );
}

function fieldsOf(t: (key: string) => string): Field[] {
  return [
    { name: "name", kind: "text", required: true },
    {
      name: "kind",
      kind: "choice",
      required: true,
      start: "mail",
      options: ["mail", "webhook"].map((value) => ({ value, label: t(`alerts.${value}`) })),
    },
    { name: "target", kind: "text", required: true, help: "alertTarget" },
    {
      name: "rules",
      kind: "several",

      help: "alertRules",
      start: [],
      options: RULES.map((value) => ({ value, label: t(`alerts.name.${value}`) })),
    },
    {
      name: "language",
      kind: "choice",
      start: "",
      options: [
        { value: "", label: t("alerts.siteLanguage") },
        { value: "en", label: "English" },
        { value: "zh", label: "简体中文" },
      ],
    },
    { name: "allow_private", kind: "switch", help: "allowPrivate" },
    { name: "enabled", kind: "switch", start: true },
  ];
}
