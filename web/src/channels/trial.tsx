import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Input, Modal, Space } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { FaultNote } from "../parts/fault";

/** One small real request over a channel. */
export function Trial({
  channel,
  onGood = () => undefined,
  onClose,
}: {
  channel: Schemas["ChannelView"];
  onGood?: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [model, setModel] = useState(channel.models.find((name) => !name.includes("*")) ?? "");
  const params = { path: { channel: String(channel.id) } };
  const test = useMutation({
    mutationFn: () =>
      told(api.POST("/api/v1/channels/{channel}/test", { params, body: { model } })),
    onSuccess: (outcome) => outcome.ok && onGood(),
  });
  const balance = useMutation({
    mutationFn: () => told(api.POST("/api/v1/channels/{channel}/balance", { params })),
  });
  return (
    <Modal open title={t("channels.test", { name: channel.name })} footer={null} onCancel={onClose}>
      <Space orientation="vertical" style={{ width: "100%" }}>
        <label htmlFor="trial-model">{t("field.model")}</label>
        <Input
          id="trial-model"
          value={model}
          onChange={(change) => setModel(change.target.value)}
        />
        <Space>
          <Button type="primary" loading={test.isPending} onClick={() => test.mutate()}>
            {t("channels.send")}
          </Button>
          <Button loading={balance.isPending} onClick={() => balance.mutate()}>
            {t("field.balance")}
          </Button>
        </Space>
        <FaultNote fault={test.error ?? balance.error} />
        {test.data && (
          <Alert
            type={test.data.ok ? "success" : "error"}
            showIcon
            title={`${test.data.model} · ${test.data.status} · ${test.data.millis} ms`}
            description={test.data.told}
          />
        )}
        {balance.data && (
          <Alert type="info" title={`${balance.data.amount} ${balance.data.currency}`} />
        )}
      </Space>
    </Modal>
  );
}
