import { Alert, Button, Card, Flex, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";

import { Refusal } from "../api/call";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { Elsewhere } from "../session/elsewhere";
import { useSession } from "../session/provider";
import { useSite } from "../shell/site";

interface Shown {
  email: string;
  password: string;
  code?: string;
}

export default function SignIn() {
  const { t } = useTranslation();
  const { signIn } = useSession();
  const site = useSite();
  const go = useNavigate();
  const { hash } = useLocation();
  const [search] = useSearchParams();
  const [fault, setFault] = useState<unknown>();
  const [wantsCode, setWantsCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const next = ownPath(search.get("next"));
  const elsewhere = /^#error=([\w-]+)/.exec(hash)?.[1];
  const submit = async ({ email, password, code = "" }: Shown) => {
    setBusy(true);
    setFault(undefined);
    try {
      await signIn(email.trim(), password, code.trim());
      await go(next);
    } catch (refused) {
      const asks = refused instanceof Refusal && refused.code === "second_factor_required";
      if (asks) setWantsCode(true);
      if (!asks || wantsCode) setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card style={{ maxWidth: 420, margin: "32px auto" }}>
      <Heading title={t("session.signIn")} />
      {elsewhere && (
        <Alert
          type="error"
          showIcon
          title={t("session.elsewhereFailed", { code: elsewhere })}
          style={{ marginBottom: 16 }}
        />
      )}
      <Form<Shown> layout="vertical" requiredMark={false} onFinish={(shown) => void submit(shown)}>
        <Form.Item
          name="email"
          label={t("session.email")}
          rules={[{ required: true, message: t("session.emailNeeded") }]}
        >
          <Input inputMode="email" autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("session.password")}
          rules={[{ required: true, message: t("session.passwordNeeded") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        {wantsCode && (
          <Form.Item
            name="code"
            label={t("proof.code")}
            rules={[{ required: true, message: t("session.codeNeeded") }]}
          >
            <Input autoComplete="one-time-code" autoFocus />
          </Form.Item>
        )}
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" block loading={busy} style={{ marginTop: 16 }}>
          {t("session.signIn")}
        </Button>
      </Form>
      <Elsewhere next={next} />
      <Flex wrap justify="space-between" style={{ marginTop: 16 }}>
        {site.registration === "closed" ? (
          <span />
        ) : (
          <Link to="/console/register">{t("session.register")}</Link>
        )}
        {site.sendsMail && <Link to="/console/forgotten">{t("session.forgotten")}</Link>}
      </Flex>
    </Card>
  );
}

/** Only an address of this site: `//other.example` would leave it. */
export function ownPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/console/dashboard";
}
