import { Button, Card, Flex, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../api/client";
import { useAct } from "../parts/act";

export function Email({ me }: { me: Schemas["MeView"] }) {
  const { t } = useTranslation();
  const act = useAct("me");
  const [name, setName] = useState(me.name);
  const [low, setLow] = useState(me.low_balance);
  const [email, setEmail] = useState("");
  return (
    <Card size="small" title={me.email}>
      <label htmlFor="own-name">{t("field.name")}</label>
      <Flex gap="small" style={{ marginBottom: 16 }}>
        <Input
          id="own-name"
          value={name}
          maxLength={64}
          onChange={(change) => setName(change.target.value)}
        />
        <Button onClick={() => void act(() => api.PATCH("/api/v1/me", { body: { name } }))}>
          {t("form.save")}
        </Button>
      </Flex>
      <label htmlFor="low-balance">{t("profile.lowBalance")}</label>
      <Flex gap="small" style={{ marginBottom: 16 }}>
        <Input
          id="low-balance"
          inputMode="decimal"
          value={low}
          onChange={(change) => setLow(change.target.value.trim())}
        />
        <Button
          onClick={() => void act(() => api.PATCH("/api/v1/me", { body: { low_balance: low } }))}
        >
          {t("form.save")}
        </Button>
      </Flex>
      <label htmlFor="new-email">{t("profile.newEmail")}</label>
      <Flex gap="small">
        <Input
          id="new-email"
          type="email"
          value={email}
          onChange={(change) => setEmail(change.target.value)}
        />
        <Button
          disabled={!email || me.managed}
          onClick={() =>
            void act(
              () => api.PUT("/api/v1/me/email", { body: { email } }),
              t("session.letterSent"),
            )
          }
        >
          {t("session.sendLetter")}
        </Button>
      </Flex>
    </Card>
  );
}
