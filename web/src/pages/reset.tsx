import { useMutation } from "@tanstack/react-query";
import { Button, Card, Form, Input, Result } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";

import { api } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { letterToken } from "../session/letter";

export default function Reset() {
  const { t } = useTranslation();
  const { hash } = useLocation();
  const reset = useMutation<unknown, unknown, string>({
    mutationFn: (password) =>
      api.POST("/api/v1/password/reset", { body: { token: letterToken(hash), password } }),
  });
  if (reset.isSuccess) {
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
        layout="vertical"
        requiredMark={false}
        onFinish={({ password }: { password: string }) => reset.mutate(password)}
      >
        <Form.Item
          name="password"
          label={t("session.newPassword")}
          extra={t("session.passwordRule")}
          rules={[{ required: true, message: t("session.passwordNeeded") }]}
        >
          <Input.Password autoComplete="new-password" autoFocus />
        </Form.Item>
        <FaultNote fault={reset.error} />
        <Button
          type="primary"
          htmlType="submit"
          block
          loading={reset.isPending}
          style={{ marginTop: 16 }}
        >
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
