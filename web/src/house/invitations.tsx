import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useGroupNames } from "../groups/names";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { Once } from "../parts/once";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";

export function Invitations() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const act = useAct("invitations");
  const groups = useGroupNames().map((value) => ({ value, label: value }));
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  const pages = usePages(["invitations"], (cursor) =>
    told(api.GET("/api/v1/invitations", { params: { query: { cursor, limit: 50 } } })),
  );
  return (
    <>
      <Button type="primary" style={{ marginBottom: 12 }} onClick={() => setAdding(true)}>
        {t("codes.invite")}
      </Button>
      <Listing<Schemas["InvitationView"]>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("codes.code"),
            dataIndex: "mask",
            render: (mask: string) => <code>{mask}</code>,
          },
          {
            title: t("session.email"),
            dataIndex: "email",
            render: (email: string) => email || t("codes.anybody"),
          },
          { title: t("field.group"), dataIndex: "group" },
          { title: t("field.credit"), dataIndex: "credit", render: (usd: string) => money(usd) },
          { title: t("field.uses_left"), dataIndex: "uses_left" },
          {
            title: t("field.expires_at"),
            dataIndex: "expires_at",
            render: (at: string) => when(at),
          },
          {
            title: "",
            key: "act",
            render: (_, one) => (
              <SureButton
                danger
                onSure={() =>
                  void act(() =>
                    api.DELETE("/api/v1/invitations/{invitation}", {
                      params: { path: { invitation: String(one.id) } },
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
          title={t("codes.invite")}
          fields={[
            { name: "email", kind: "text", help: "invitedEmail" },
            { name: "group", kind: "choice", options: groups, start: "default" },
            { name: "credit", kind: "amount", help: "usd", start: "0" },
            { name: "uses", kind: "number", start: 1 },
            { name: "expires_at", kind: "moment" },
          ]}
          save={async (body) => {
            const { code } = await told(
              api.POST("/api/v1/invitations", { body: body as Schemas["InvitationBody"] }),
            );
            setMade(`${window.location.origin}/console/register?invitation=${code}`);
            await pages.refetch();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      <Once text={made} label={t("codes.code")} onClose={() => setMade(undefined)} />
    </>
  );
}
