import { useQueryClient } from "@tanstack/react-query";
import { Card } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../api/client";
import { OneField } from "../parts/one-field";

export function Email({ me }: { me: Schemas["MeView"] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const put = async (body: Schemas["MeBody"]) => {
    await api.PATCH("/api/v1/me", { body });
    await queries.invalidateQueries({ queryKey: ["me"] });
  };
  return (
    <Card size="small" title={me.email}>
      <OneField
        name="name"
        label={t("field.name")}
        start={me.name}
        button={t("form.save")}
        send={(name) => put({ name })}
      />
      <OneField
        name="low_balance"
        label={t("profile.lowBalance")}
        start={me.low_balance}
        button={t("form.save")}
        input={{ inputMode: "decimal" }}
        send={(low_balance) => put({ low_balance })}
      />
      <OneField
        clears
        name="email"
        label={t("profile.newEmail")}
        button={t("session.sendLetter")}
        done={t("session.letterSent")}
        disabled={me.managed}
        input={{ inputMode: "email" }}
        send={(email) => api.PUT("/api/v1/me/email", { body: { email } })}
      />
    </Card>
  );
}
