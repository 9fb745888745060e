import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Heading } from "../parts/heading";
import { Listing, rowsOf, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";
import { HookSecret } from "../tokens/hook-secrets";
import { Made } from "../tokens/made";
import { TokenEditor } from "../tokens/token-editor";

type Token = Schemas["TokenView"];
const COLOURS = { enabled: "green", disabled: "default", expired: "orange", spent: "red" } as const;

export default function Tokens() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const act = useAct("tokens");
  const [edited, setEdited] = useState<Token | "new">();
  const [made, setMade] = useState<Token>();
  const pages = usePages(["tokens"], (cursor) =>
    told(api.GET("/api/v1/tokens", { params: { query: { cursor } } })),
  );
  const rotate = (token: Token) =>
    act(async () =>
      setMade(
        await told(
          api.POST("/api/v1/tokens/{token}/key", { params: { path: { token: String(token.id) } } }),
        ),
      ),
    );
  const remove = (token: Token) =>
    act(() =>
      api.DELETE("/api/v1/tokens/{token}", { params: { path: { token: String(token.id) } } }),
    );
  return (
    <>
      <Heading title={t("menu.tokens")} about={t("tokens.about")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("tokens.new")}
        </Button>
      </Heading>
      <Listing<Token>
        pages={pages}
        rowKey="id"
        empty={t("tokens.none")}
        columns={[
          {
            title: t("field.name"),
            dataIndex: "name",
            render: (name: string, token) => (
              <>
                <strong>{name}</strong>
                <br />
                <code>{token.mask}</code>
              </>
            ),
          },
          {
            title: t("field.status"),
            dataIndex: "status",
            render: (status: Token["status"]) => (
              <Tag color={COLOURS[status]}>{t(`tokens.status.${status}`)}</Tag>
            ),
          },
          {
            title: t("field.groups"),
            dataIndex: "groups",
            render: (groups: string[]) => groups.join(" → ") || t("tokens.ownGroup"),
          },
          {
            title: t("field.spent"),
            render: (_, token) => (
              <>
                {money(token.spent)}
                {Object.entries(token.budget).map(([period, most]) => (
                  <div key={period}>
                    <small>
                      {t(`field.budget_${period}`)}: {money(most)}
                    </small>
                  </div>
                ))}
              </>
            ),
          },
          {
            title: t("field.expires_at"),
            dataIndex: "expires_at",
            render: (at: string | null) => (at ? when(at) : t("balance.never")),
          },
          {
            title: "",
            key: "act",
            render: (_, token) => (
              <Flex wrap gap={4}>
                <Button size="small" onClick={() => setEdited(token)}>
                  {t("act.edit")}
                </Button>
                <HookSecret token={token} />
                <SureButton
                  disabled={token.managed}
                  ask={t("tokens.rotateAsk")}
                  onSure={() => void rotate(token)}
                >
                  {t("tokens.rotate")}
                </SureButton>
                <SureButton danger disabled={token.managed} onSure={() => void remove(token)}>
                  {t("act.delete")}
                </SureButton>
              </Flex>
            ),
          },
        ]}
      />
      {edited && (
        <TokenEditor
          token={edited === "new" ? undefined : edited}
          taken={rowsOf(pages).map((one) => one.name)}
          onMade={setMade}
          onSaved={() => void pages.refetch()}
          onClose={() => setEdited(undefined)}
        />
      )}
      {made && <Made token={made} onClose={() => setMade(undefined)} />}
    </>
  );
}
