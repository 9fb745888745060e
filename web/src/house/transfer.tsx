import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../api/client";
import { Editor } from "../parts/editor";

/** Gives money to an account, or takes it. The id makes a second press harmless. */
export function TransferEditor({
  account,
  onSaved,
  onClose,
}: {
  account: Schemas["AccountDetailView"];
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const kinds = (["grant", "adjust", "topup"] as const).map((value) => ({
    value,
    label: t(`wallet.kind.${value}`),
  }));
  const [id] = useState(() => `console-${account.id}-${Date.now()}`);
  return (
    <Editor
      title={t("accounts.transfer", { email: account.email })}
      fields={[
        { name: "amount", kind: "signed", required: true, help: "transferAmount" },
        { name: "kind", kind: "choice", options: kinds, start: "grant" },
        { name: "note", kind: "text" },
      ]}
      save={async (body) => {
        await api.POST("/api/v1/accounts/{account}/transfers", {
          params: { path: { account: String(account.id) } },
          body: { ...body, id } as Schemas["TransferBody"],
        });
        onSaved();
      }}
      onClose={onClose}
    />
  );
}
