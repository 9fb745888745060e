import { useQuery } from "@tanstack/react-query";
import { Form, Input, Modal, Typography } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Elsewhere } from "./elsewhere";
import { onProofAsked } from "./proof";

/** Opens by itself when a call needs it. */
export function ProofDialog() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [form] = Form.useForm<{ password?: string; code?: string }>();
  const answer = useRef<(proved: boolean) => void>(undefined);
  const { data: me } = useQuery({
    queryKey: ["me"],
    queryFn: () => told(api.GET("/api/v1/me")),
    enabled: open,
  });
  // Who came in by another site alone has nothing to type here: a sign-in of just now is a proof.
  const hasNeither = me !== undefined && !me.has_password && !me.second_factor;
  useEffect(
    () =>
      onProofAsked(
        () =>
          new Promise((resolve) => {
            answer.current = resolve;
            setFault(undefined);
            setOpen(true);
          }),
      ),
    [],
  );
  const close = (proved: boolean) => {
    setOpen(false);
    answer.current?.(proved);
  };
  const prove = async ({ password = "", code = "" }: { password?: string; code?: string }) => {
    setBusy(true);
    setFault(undefined);
    try {
      await api.POST("/api/v1/session/proof", { body: code ? { code } : { password } });
      close(true);
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open={open}
      title={t("proof.title")}
      okText={t("proof.confirm")}
      confirmLoading={busy}
      okButtonProps={{ style: { display: hasNeither ? "none" : undefined } }}
      destroyOnHidden
      onOk={() => form.submit()}
      onCancel={() => close(false)}
    >
      <Typography.Paragraph type="secondary">
        {t(hasNeither ? "proof.again" : "proof.about")}
      </Typography.Paragraph>
      {hasNeither ? (
        <Elsewhere alone next={location.pathname + location.search} />
      ) : (
        <Form
          form={form}
          name="proof"
          layout="vertical"
          preserve={false}
          onFinish={(shown) => void prove(shown)}
        >
          <Form.Item name="password" label={t("session.password")}>
            <Input.Password autoComplete="current-password" autoFocus />
          </Form.Item>
          <Form.Item name="code" label={t("proof.code")}>
            <Input autoComplete="one-time-code" />
          </Form.Item>
          {/* The dialog's own button stands outside of the form: by this one Enter sends it. */}
          <button type="submit" hidden />
        </Form>
      )}
      <FaultNote fault={fault} />
    </Modal>
  );
}
