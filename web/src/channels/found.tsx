import { Alert, Button, Flex, Form, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { fromForm, type Values } from "../parts/field";

/** The upstream's models, to be taken into the form; of a channel that is there, or of what is typed. */
export function Found({ channel }: { channel: Schemas["ChannelView"] | undefined }) {
  const { t } = useTranslation();
  const form = Form.useFormInstance<Values>();
  const [found, setFound] = useState<Schemas["ModelsView"]>();
  const [fault, setFault] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const fetch = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      setFound(await (channel ? ofChannel(channel.id) : ofTyped(form.getFieldsValue())));
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  const take = (names: string[]) => {
    const before = (form.getFieldValue("models") as string[] | undefined) ?? [];
    form.setFieldValue("models", [...new Set([...before, ...names])]);
  };
  return (
    <Form.Item label={t("channels.upstreamModels")}>
      <Flex gap="small" wrap>
        <Button loading={busy} onClick={() => void fetch()}>
          {t("channels.fetchModels")}
        </Button>
        {found && (
          <Button disabled={channel?.managed ?? false} onClick={() => take(found.models)}>
            {t("channels.takeAll", { count: found.models.length })}
          </Button>
        )}
      </Flex>
      <FaultNote fault={fault} />
      <div style={{ maxHeight: 240, overflow: "auto", marginTop: 8 }} tabIndex={found ? 0 : -1}>
        {found?.models.map((name) => (
          <Tag key={name}>{name}</Tag>
        ))}
      </div>
      {found && found.missing.length > 0 && (
        <Alert type="warning" title={t("channels.missing", { models: found.missing.join(", ") })} />
      )}
    </Form.Item>
  );
}

function ofChannel(id: number): Promise<Schemas["ModelsView"]> {
  const params = { path: { channel: String(id) } };
  return told(api.POST("/api/v1/channels/{channel}/models", { params }));
}

function ofTyped(typed: Values): Promise<Schemas["ModelsView"]> {
  const body: Schemas["UnsavedBody"] = {
    vendor: String(typed["vendor"] ?? ""),
    base_url: String(typed["base_url"] ?? "").trim(),
    keys: fromForm("lines", typed["keys"]) as string[],
    allow_private: typed["allow_private"] === true,
    proxy: String(typed["proxy"] ?? ""),
    header_overrides: fromForm("pairs", typed["header_overrides"]) as Record<string, string>,
  };
  return told(api.POST("/api/v1/channels/models", { body }));
}
