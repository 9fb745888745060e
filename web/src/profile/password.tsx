import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Form, Input } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas } from "../api/client";
import { FaultNote } from "../parts/fault";
import { useSubmit } from "../parts/submit";

export function Password({ me }: { me: Schemas["MeView"] }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Schemas["PasswordBody"]>();
  const { submit, busy, fault } = useSubmit(form, ["old", "new", "code"]);
  const send = async (body: Schemas["PasswordBody"]) => {
    if (!(await submit(() => api.PUT("/api/v1/me/password", { body })))) return;
    form.resetFields();
    void queries.invalidateQueries({ queryKey: ["me"] });
    void message.success(t("session.passwordChanged"));
  };
  return (
    <Card size="small" title={t("session.password")}>
      <Form
        form={form}
        name="own-password"
        layout="vertical"
        onFinish={(shown) => void send(shown)}
      >
        {me.has_password && (
          <Form.Item
            name="old"
            label={t("profile.oldPassword")}
            rules={[{ required: true, message: t("session.passwordNeeded") }]}
          >
            <Input.Password autoComplete="current-password" />
          </Form.Item>
        )}
        <Form.Item
          name="new"
          label={t("session.newPassword")}
          extra={t("session.passwordRule")}
          rules={[{ required: true, message: t("session.passwordNeeded") }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {me.second_factor && (
          <Form.Item name="code" label={t("proof.code")}>
            <Input autoComplete="one-time-code" />
          </Form.Item>
        )}
        <FaultNote fault={fault} />
        <Button htmlType="submit" type="primary" loading={busy} disabled={me.managed}>
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
