import { useMutation } from "@tanstack/react-query";
import { Button, Card, Result } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";

import { api } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { letterToken } from "../session/letter";

/** A button, since the programs that look into letters open links by themselves. */
export default function Confirm() {
  const { t } = useTranslation();
  const { hash, pathname } = useLocation();
  const confirm = useMutation<unknown>({
    mutationFn: () => {
      const body = { token: letterToken(hash) };
      return pathname.endsWith("/change")
        ? api.POST("/api/v1/me/email/confirmation", { body })
        : api.POST("/api/v1/registration/confirmation", { body });
    },
  });
  if (confirm.isSuccess) {
    return (
      <Result
        status="success"
        title={t("session.confirmed")}
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
      <Heading title={t("session.confirm")} />
      <FaultNote fault={confirm.error} />
      <Button
        type="primary"
        block
        loading={confirm.isPending}
        style={{ marginTop: 16 }}
        onClick={() => confirm.mutate()}
      >
        {t("session.confirm")}
      </Button>
    </Card>
  );
}
