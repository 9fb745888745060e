import { Button, Card, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";

import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useSession } from "../session/provider";

interface Shown {
  email: string;
  password: string;
}

export default function SignIn() {
  const { t } = useTranslation();
  const { signIn } = useSession();
  const go = useNavigate();
  const [search] = useSearchParams();
  const [fault, setFault] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async ({ email, password }: Shown) => {
    setBusy(true);
    setFault(undefined);
    try {
      await signIn(email.trim(), password);
      await go(ownPath(search.get("next")));
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card style={{ maxWidth: 420, margin: "32px auto" }}>
      <Heading title={t("session.signIn")} />
      <Form<Shown> layout="vertical" requiredMark={false} onFinish={(shown) => void submit(shown)}>
        <Form.Item name="email" label={t("session.email")} rules={[{ required: true, message: t("session.emailNeeded") }]}>
          <Input type="email" autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item name="password" label={t("session.password")} rules={[{ required: true, message: t("session.passwordNeeded") }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" block loading={busy} style={{ marginTop: 16 }}>
          {t("session.signIn")}
        </Button>
      </Form>
    </Card>
  );
}

/** Only an address of this site: `//other.example` would leave it. */
export function ownPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
