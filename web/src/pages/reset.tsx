import { Button, Card, Form, Input, Result } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";

import { api } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useSubmit } from "../parts/submit";
import { letterToken } from "../session/letter";

export default function Reset() {
  const { t } = useTranslation();
  const { hash } = useLocation();
  const [form] = Form.useForm<{ password: string }>();
  const { submit, busy, fault } = useSubmit(form, ["password"]);
  const [done, setDone] = useState(false);
  const send = async (password: string) => {
    const body = { token: letterToken(hash), password };
    setDone(await submit(() => api.POST("/api/v1/password/reset", { body })));
  };
  if (done) {
    return (
      <Result
        status="success"
        title={t("session.passwordChanged")}
        extra={
          <Link to="/console/sign-in">
            <Button type="primary" tabIndex={-1}>
              {t("session.signIn")}
            </Button>
          </Link>
        }
      />
    );
  }
  return (
    <Card style={{ maxWidth: 420, margin: "32px auto" }}>
      <Heading title={t("session.newPassword")} />
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ password }) => void send(password)}
      >
        <Form.Item
          name="password"
          label={t("session.newPassword")}
          extra={t("session.passwordRule")}
          rules={[{ required: true, message: t("session.passwordNeeded") }]}
        >
          <Input.Password autoComplete="new-password" autoFocus />
        </Form.Item>
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" block loading={busy} style={{ marginTop: 16 }}>
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
