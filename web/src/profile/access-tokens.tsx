import { Button, Card } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import { Listing, usePages } from "../parts/listing";
import { Once } from "../parts/once";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";

type Token = Schemas["AccessTokenView"];

export function AccessTokens() {
  const { t } = useTranslation();
  const when = useWhen();
  const act = useAct("access-tokens");
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  const pages = usePages(["access-tokens"], (cursor) =>
    told(api.GET("/api/v1/access-tokens", { params: { query: { cursor } } })),
  );
  return (
    <Card
      size="small"
      title={t("profile.accessTokens")}
      extra={
        <Button size="small" onClick={() => setAdding(true)}>
          {t("act.add")}
        </Button>
      }
    >
      <p>{t("profile.accessTokensAbout")}</p>
      <Listing<Token>
        pages={pages}
        rowKey="id"
        columns={[
          { title: t("field.name"), dataIndex: "name" },
          {
            title: t("tokens.key"),
            dataIndex: "mask",
            render: (mask: string) => <code>{mask}</code>,
          },
          {
            title: t("field.read_only"),
            dataIndex: "read_only",
            render: (only: boolean) => t(only ? "act.yes" : "act.no"),
          },
          {
            title: t("field.used_at"),
            dataIndex: "used_at",
            render: (at: string | null) => when(at),
          },
          {
            title: "",
            key: "act",
            render: (_, one) => (
              <SureButton
                danger
                onSure={() =>
                  void act(() =>
                    api.DELETE("/api/v1/access-tokens/{token}", {
                      params: { path: { token: String(one.id) } },
                    }),
                  )
                }
              >
                {t("act.delete")}
              </SureButton>
            ),
          },
        ]}
      />
      {adding && (
        <Editor
          title={t("profile.accessTokens")}
          fields={[
            { name: "name", kind: "text", required: true },
            { name: "read_only", kind: "switch" },
            { name: "expires_at", kind: "moment", help: "neverIfEmpty" },
          ]}
          save={async (body) => {
            setMade(
              (
                await told(
                  api.POST("/api/v1/access-tokens", { body: body as Schemas["AccessTokenBody"] }),
                )
              ).token,
            );
            await pages.refetch();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      <Once text={made} label={t("tokens.key")} onClose={() => setMade(undefined)} />
    </Card>
  );
}
