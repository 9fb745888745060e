import { Input, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { keepKey, useKey } from "./key";

export function KeyField() {
  const { t } = useTranslation();
  const key = useKey();
  return (
    // A form of its own, so that password managers leave the other fields alone.
    <form
      onSubmit={(submit) => submit.preventDefault()}
      style={{ maxWidth: 560, marginBottom: 16, display: "grid", gap: 4 }}
    >
      <label htmlFor="relay-key">{t("key.label")}</label>
      <Input.Password
        id="relay-key"
        value={key}
        placeholder="sk-…"
        autoComplete="off"
        spellCheck={false}
        onChange={(change) => keepKey(change.target.value)}
      />
      <Typography.Text type="secondary">{t("key.stays")}</Typography.Text>
    </form>
  );
}
