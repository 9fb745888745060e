import { Button, Card, Form, Input, Result } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useSubmit } from "../parts/submit";
import { CaptchaField, useCaptcha } from "../session/captcha-field";
import { useSite } from "../shell/site";

interface Shown {
  email: string;
  captcha?: string;
}

export default function Forgotten() {
  const { t } = useTranslation();
  const site = useSite();
  const drawn = useCaptcha(site.captcha);
  const [form] = Form.useForm<Shown>();
  const { submit, busy, fault } = useSubmit(form, ["email", "captcha"]);
  const [sent, setSent] = useState(false);
  const send = async ({ email, captcha = "" }: Shown) => {
    const body = { email, captcha, captcha_id: drawn.data?.id ?? "" };
    if (await submit(() => api.POST("/api/v1/password/forgotten", { body }))) setSent(true);
    else if (site.captcha) void drawn.refetch();
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
      <Form<Shown>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(shown) => void send(shown)}
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
        <Button type="primary" htmlType="submit" block loading={busy} style={{ marginTop: 16 }}>
          {t("session.sendLetter")}
        </Button>
      </Form>
    </Card>
  );
}
