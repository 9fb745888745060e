import { Button, Card, Flex, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Code } from "../parts/code";

export function SecondFactor({ me }: { me: Schemas["MeView"] }) {
  const { t } = useTranslation();
  const act = useAct("me");
  const [enrolment, setEnrolment] = useState<Schemas["Enrolment"]>();
  const [codes, setCodes] = useState<string[]>();
  const [code, setCode] = useState("");
  const begin = () =>
    act(async () => setEnrolment(await told(api.POST("/api/v1/me/second-factor"))));
  const confirm = () =>
    act(async () => {
      setCodes(
        (await told(api.POST("/api/v1/me/second-factor/confirmation", { body: { code } })))
          .recovery_codes,
      );
      setEnrolment(undefined);
      setCode("");
    });
  const renew = () =>
    act(async () =>
      setCodes((await told(api.POST("/api/v1/me/second-factor/recovery-codes"))).recovery_codes),
    );
  const drop = () =>
    act(() => api.DELETE("/api/v1/me/second-factor", { body: { code } }).then(() => setCode("")));
  return (
    <Card
      size="small"
      title={t("profile.factor")}
      extra={
        <Tag color={me.second_factor ? "green" : "default"}>
          {t(me.second_factor ? "profile.on" : "profile.off")}
        </Tag>
      }
    >
      <p>{t("profile.factorAbout")}</p>
      {!me.second_factor && !enrolment && (
        <Button onClick={() => void begin()}>{t("profile.factorBegin")}</Button>
      )}
      {enrolment && (
        <>
          <img
            src={enrolment.image}
            alt={t("profile.factorPicture")}
            style={{ background: "#fff", width: 200, maxWidth: "100%" }}
          />
          <Code text={enrolment.secret} label={t("profile.factorSecret")} />
        </>
      )}
      {(enrolment ?? me.second_factor) && (
        <Flex wrap gap="small" style={{ marginTop: 12 }}>
          <Input
            aria-label={t("proof.code")}
            placeholder={t("proof.code")}
            value={code}
            autoComplete="one-time-code"
            style={{ width: 180 }}
            onChange={(change) => setCode(change.target.value)}
          />
          {enrolment && (
            <Button type="primary" disabled={!code} onClick={() => void confirm()}>
              {t("profile.factorConfirm")}
            </Button>
          )}
          {me.second_factor && (
            <Button danger disabled={!code} onClick={() => void drop()}>
              {t("profile.factorDrop")}
            </Button>
          )}
          {me.second_factor && (
            <Button onClick={() => void renew()}>
              {t("profile.renew", { count: me.recovery_codes_left })}
            </Button>
          )}
        </Flex>
      )}
      <Modal
        open={codes !== undefined}
        title={t("profile.recovery")}
        footer={<Button onClick={() => setCodes(undefined)}>{t("form.close")}</Button>}
        onCancel={() => setCodes(undefined)}
      >
        <p>{t("profile.recoveryAbout")}</p>
        <Code text={(codes ?? []).join("\n")} label={t("profile.recovery")} />
      </Modal>
    </Card>
  );
}
