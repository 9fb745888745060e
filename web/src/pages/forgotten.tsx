import { Button, Card, Form, Input, Result } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { CaptchaField, useCaptcha } from "../session/captcha-field";
import { useSite } from "../shell/site";

export default function Forgotten() {
  const { t } = useTranslation();
  const site = useSite();
  const drawn = useCaptcha(site.captcha);
  const [fault, setFault] = useState<unknown>();
  const [sent, setSent] = useState(false);
  const submit = async ({ email, captcha = "" }: { email: string; captcha?: string }) => {
    setFault(undefined);
    try {
      await api.POST("/api/v1/password/forgotten", {
        body: { email, captcha, captcha_id: drawn.data?.id ?? "" },
      });
      setSent(true);
    } catch (refused) {
      setFault(refused);
      if (site.captcha) void drawn.refetch();
    }
  };
  if (sent)
    return (
      <Result
        status="success"
        title={t("session.letterSent")}
        subTitle={t("session.letterIfKnown")}
      />
    );
  return (
    <Card style={{ maxWidth: 420, margin: "32px auto" }}>
      <Heading title={t("session.forgotten")} />
      <Form
        layout="vertical"
        requiredMark={false}
        onFinish={(shown: { email: string; captcha?: string }) => void submit(shown)}
      >
        <Form.Item
          name="email"
          label={t("session.email")}
          rules={[{ required: true, message: t("session.emailNeeded") }]}
        >
          <Input type="email" autoComplete="username" autoFocus />
        </Form.Item>
        {site.captcha && (
          <CaptchaField
            drawn={drawn.data}
            fault={drawn.error}
            onAnew={() => void drawn.refetch()}
          />
        )}
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" block style={{ marginTop: 16 }}>
          {t("session.sendLetter")}
        </Button>
      </Form>
    </Card>
  );
}
