import { Alert, Button, Card, Form, Input, Result } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";

import { api, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useSubmit } from "../parts/submit";
import { CaptchaField, useCaptcha } from "../session/captcha-field";
import { Elsewhere } from "../session/elsewhere";
import { useSession } from "../session/provider";
import { useSite } from "../shell/site";

interface Shown {
  email: string;
  password: string;
  invitation?: string;
  captcha?: string;
}

export default function Register() {
  const { t } = useTranslation();
  const site = useSite();
  const { signIn } = useSession();
  const go = useNavigate();
  const [search] = useSearchParams();
  const drawn = useCaptcha(site.captcha);
  const [form] = Form.useForm<Shown>();
  const { submit, busy, fault } = useSubmit(form, ["email", "password", "invitation", "captcha"]);
  const [written, setWritten] = useState(false);
  const invitation = search.get("invitation") ?? "";
  const register = async ({ email, password, ...rest }: Shown) => {
    const body = {
      email,
      password,
      invitation: rest.invitation ?? "",
      captcha: rest.captcha ?? "",
      captcha_id: drawn.data?.id ?? "",
    };
    const { next } = await told(api.POST("/api/v1/registration", { body }));
    if (next === "confirm") return setWritten(true);
    await signIn(email, password, "");
    await go("/console/dashboard");
  };
  const send = async (shown: Shown) => {
    if (!(await submit(() => register(shown))) && site.captcha) void drawn.refetch();
  };
  if (written)
    return (
      <Result
        status="success"
        title={t("session.letterSent")}
        subTitle={t("session.letterSentAbout")}
      />
    );
  if (site.registration === "closed") {
    return (
      <>
        <Heading title={t("session.register")} />
        <Alert type="info" showIcon title={t("session.closed")} description={site.contact} />
      </>
    );
  }
  return (
    <Card style={{ maxWidth: 420, margin: "32px auto" }}>
      <Heading title={t("session.register")} />
      <Form<Shown>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ invitation }}
        onFinish={(shown) => void send(shown)}
      >
        <Form.Item
          name="email"
          label={t("session.email")}
          rules={[{ required: true, message: t("session.emailNeeded") }]}
        >
          <Input type="email" autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("session.password")}
          extra={t("session.passwordRule")}
          rules={[{ required: true, message: t("session.passwordNeeded") }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="invitation"
          label={t("field.invitation")}
          rules={[
            {
              required: site.registration === "invited",
              message: t("form.needed", { what: t("field.invitation") }),
            },
          ]}
        >
          <Input autoComplete="off" />
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
          {t("session.register")}
        </Button>
      </Form>
      <Elsewhere next="/console/dashboard" invitation={invitation} />
      {site.terms && (
        <p>
          <Link to="/console/terms">{t("session.terms")}</Link>
        </p>
      )}
      <p>
        <Link to="/console/sign-in">{t("session.signIn")}</Link>
      </p>
    </Card>
  );
}
