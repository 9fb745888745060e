import { Button, Flex, Form, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { SureButton } from "../parts/sure-button";

/** The keys by their masks, each with its switch; opened only after a proof. */
export function Keys({ channel }: { channel: Schemas["ChannelView"] }) {
  const { t } = useTranslation();
  const act = useAct("channels");
  const [opened, setOpened] = useState<string[]>();
  const path = { channel: String(channel.id) };
  const remove = (id: number) =>
    act(() =>
      api.PATCH("/api/v1/channels/{channel}", { params: { path }, body: { remove_keys: [id] } }),
    );
  const enable = (id: number, enabled: boolean) =>
    act(() =>
      api.PATCH("/api/v1/channels/{channel}/keys/{key}", {
        params: { path: { ...path, key: String(id) } },
        body: { enabled },
      }),
    );
  const open = () =>
    act(async () =>
      setOpened(
        (await told(api.POST("/api/v1/channels/{channel}/keys", { params: { path } }))).keys,
      ),
    );
  if (channel.keys.length === 0) return null;
  return (
    <Form.Item label={t("field.keys")}>
      {channel.keys.map((key, place) => (
        <Flex key={key.id} wrap gap="small" align="center" style={{ marginBottom: 4 }}>
          <Switch
            size="small"
            checked={key.enabled}
            disabled={channel.managed}
            aria-label={`${t("field.enabled")} ${key.mask}`}
            onChange={(on) => void enable(key.id, on)}
          />
          <code style={{ overflowWrap: "anywhere" }}>{opened?.[place] ?? key.mask}</code>
          {!channel.managed && (
            <SureButton type="link" danger onSure={() => void remove(key.id)}>
              {t("act.delete")}
            </SureButton>
          )}
        </Flex>
      ))}
      <Button size="small" onClick={() => void open()}>
        {t("channels.showKeys")}
      </Button>
    </Form.Item>
  );
}
