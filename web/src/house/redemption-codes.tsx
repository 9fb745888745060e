import { Button, Modal, Switch, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Code } from "../parts/code";
import { Editor } from "../parts/editor";
import { Listing, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { useWhen } from "../parts/when";

type CodeRow = Schemas["CodeView"];

export function RedemptionCodes() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const act = useAct("codes");
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string[]>();
  const pages = usePages(["codes"], (cursor) =>
    told(api.GET("/api/v1/redemption-codes", { params: { query: { cursor, limit: 50 } } })),
  );
  const enable = (code: CodeRow, enabled: boolean) =>
    act(() =>
      api.PATCH("/api/v1/redemption-codes/{code}", {
        params: { path: { code: String(code.id) } },
        body: { enabled },
      }),
    );
  return (
    <>
      <Button type="primary" style={{ marginBottom: 12 }} onClick={() => setAdding(true)}>
        {t("codes.new")}
      </Button>
      <Listing<CodeRow>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("codes.code"),
            dataIndex: "mask",
            render: (mask: string) => <code>{mask}</code>,
          },
          { title: t("field.amount"), dataIndex: "amount", render: (usd: string) => money(usd) },
          { title: t("field.batch"), dataIndex: "batch" },
          {
            title: t("field.state"),
            dataIndex: "state",
            render: (state: CodeRow["state"]) => (
              <Tag color={state === "open" ? "green" : "default"}>{t(`codes.state.${state}`)}</Tag>
            ),
          },
          {
            title: t("field.redeemed_by"),
            dataIndex: "redeemed_by",
            render: (who: number | null) => (who === null ? "–" : `#${who}`),
          },
          {
            title: t("field.expires_at"),
            dataIndex: "expires_at",
            render: (at: string | null) => when(at),
          },
          {
            title: t("field.enabled"),
            key: "act",
            render: (_, code) =>
              (code.state === "open" || code.state === "disabled") && (
                <Switch
                  size="small"
                  checked={code.state === "open"}
                  aria-label={`${t("field.enabled")} ${code.mask}`}
                  onChange={(on) => void enable(code, on)}
                />
              ),
          },
        ]}
      />
      {adding && (
        <Editor
          title={t("codes.new")}
          fields={[
            { name: "amount", kind: "amount", required: true, help: "usd" },
            { name: "count", kind: "number", start: 1 },
            { name: "batch", kind: "text" },
            { name: "expires_at", kind: "moment", help: "neverIfEmpty" },
          ]}
          save={async (body) => {
            setMade(
              (
                await told(
                  api.POST("/api/v1/redemption-codes", { body: body as Schemas["CodesBody"] }),
                )
              ).codes,
            );
            await pages.refetch();
          }}
          onClose={() => setAdding(false)}
        />
      )}
      <Modal
        open={made !== undefined}
        title={t("tokens.once")}
        footer={null}
        onCancel={() => setMade(undefined)}
      >
        <Code text={(made ?? []).join("\n")} label={t("codes.code")} />
      </Modal>
    </>
  );
}
