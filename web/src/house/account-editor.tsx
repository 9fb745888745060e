import { Button, Flex, Form, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../api/client";
import { useGroupNames } from "../groups/names";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { BUDGET, flatten, LIMITS, nest, nestedFields } from "../parts/nested";
import { SureButton } from "../parts/sure-button";

type Account = Schemas["AccountDetailView"];

export function AccountEditor({
  account,
  onSaved,
  onClose,
}: {
  account: Account | undefined;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const groups = useGroupNames().map((value) => ({ value, label: value }));
  const fields: Field[] = [
    { name: "email", kind: "text", required: true },
    { name: "password", kind: "secret", label: account ? "newPassword" : "password" },
    {
      name: "role",
      kind: "choice",
      options: (["user", "operator"] as const).map((value) => ({
        value,
        label: t(`accounts.role.${value}`),
      })),
      start: "user",
    },
    { name: "group", kind: "choice", options: groups, start: "default" },
    { name: "enabled", kind: "switch", start: true },
  ];
  const further: Field[] = [
    ...nestedFields(BUDGET, "amount").map((field) => ({ ...field, help: "usd" })),
    ...nestedFields(LIMITS, "number"),
  ];
  const save = async (typed: Values) => {
    const body = nest(
      typed,
      account as Values | undefined,
      BUDGET,
      LIMITS,
    ) as Schemas["AccountBody"];
    if (account)
      await api.PATCH("/api/v1/accounts/{account}", {
        params: { path: { account: String(account.id) } },
        body,
      });
    else await api.POST("/api/v1/accounts", { body });
    onSaved();
  };
  return (
    <Editor
      title={account?.email ?? t("accounts.new")}
      fields={fields}
      further={further}
      save={save}
      onClose={onClose}
      managed={account?.managed ?? false}
      before={account && flatten(account as unknown as Values, BUDGET, LIMITS)}
    >
      {account && <Further account={account} groups={groups} onSaved={onSaved} />}
    </Editor>
  );
}

function Further({
  account,
  groups,
  onSaved,
}: {
  account: Account;
  groups: { value: string; label: string }[];
  onSaved: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct("accounts");
  const [granted, setGranted] = useState(account.grants);
  const params = { path: { account: String(account.id) } };
  const grant = async () => {
    if (
      await act(() =>
        api.PUT("/api/v1/accounts/{account}/grants", { params, body: { groups: granted } }),
      )
    )
      onSaved();
  };
  return (
    <>
      <Form.Item label={t("accounts.grants")} htmlFor="account-grants">
        <Flex gap="small">
          <Select
            id="account-grants"
            mode="multiple"
            value={granted}
            onChange={setGranted}
            options={groups}
            style={{ flex: 1 }}
          />
          <Button onClick={() => void grant()}>{t("form.save")}</Button>
        </Flex>
      </Form.Item>
      <Flex wrap gap="small">
        <SureButton
          onSure={() =>
            void act(() => api.DELETE("/api/v1/accounts/{account}/sessions", { params }))
          }
        >
          {t("accounts.endSessions")}
        </SureButton>
        {account.second_factor && (
          <SureButton
            danger
            onSure={() =>
              void act(() => api.DELETE("/api/v1/accounts/{account}/second-factor", { params }))
            }
          >
            {t("accounts.dropFactor")}
          </SureButton>
        )}
      </Flex>
    </>
  );
}
