import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Flex, Form, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useGroupNames } from "../groups/names";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import type { Values } from "../parts/field";
import { CHANNEL_LIMITS, DEADLINES, flatten, nest } from "../parts/nested";
import { SureButton } from "../parts/sure-button";
import { channelFields, FURTHER } from "./channel-fields";

type Channel = Schemas["ChannelView"];

export function ChannelEditor({
  channel,
  onSaved,
  onClose,
}: {
  channel: Channel | undefined;
  onSaved: (channel: Channel) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const vendors = useQuery({
    queryKey: ["vendors"],
    queryFn: () => told(api.GET("/api/v1/vendors")),
    staleTime: Infinity,
  });
  const groups = useGroupNames();
  const fields = channelFields(
    vendors.data?.data ?? [],
    groups.map((value) => ({ value, label: value })),
    channel === undefined,
  );
  const save = async (typed: Values) => {
    const body = nest(
      typed,
      channel as Values | undefined,
      CHANNEL_LIMITS,
      DEADLINES,
    ) as Schemas["ChannelBody"];
    onSaved(
      await told(
        channel
          ? api.PATCH("/api/v1/channels/{channel}", {
              params: { path: { channel: String(channel.id) } },
              body,
            })
          : api.POST("/api/v1/channels", { body }),
      ),
    );
  };
  return (
    <Editor
      title={channel ? channel.name : t("channels.new")}
      fields={fields}
      further={FURTHER}
      before={channel && flatten(channel as unknown as Values, CHANNEL_LIMITS, DEADLINES)}
      managed={channel?.managed ?? false}
      save={save}
      onClose={onClose}
    >
      {channel && <Keys channel={channel} />}
      {channel ? (
        <Found channel={channel} />
      ) : (
        <Alert type="info" showIcon title={t("channels.thenFetch")} />
      )}
    </Editor>
  );
}

/** The keys by their masks; opened only after a proof. */
function Keys({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const act = useAct("channels");
  const [opened, setOpened] = useState<string[]>();
  const params = { path: { channel: String(channel.id) } };
  return (
    <Form.Item label={t("field.keys")}>
      <Flex wrap gap="small" align="center">
        {channel.keys.map((key, place) => (
          <Tag key={key.id}>
            <code>{opened?.[place] ?? key.mask}</code>{" "}
            {!channel.managed && (
              <SureButton
                type="link"
                danger
                onSure={() =>
                  void act(() =>
                    api.PATCH("/api/v1/channels/{channel}", {
                      params,
                      body: { remove_keys: [key.id] },
                    }),
                  )
                }
              >
                {t("act.delete")}
              </SureButton>
            )}
          </Tag>
        ))}
        {channel.keys.length > 0 && (
          <Button
            size="small"
            onClick={() =>
              void act(async () =>
                setOpened(
                  (await told(api.POST("/api/v1/channels/{channel}/keys", { params }))).keys,
                ),
              )
            }
          >
            {t("channels.showKeys")}
          </Button>
        )}
      </Flex>
    </Form.Item>
  );
}

/** The upstream's models, to be taken into the form. */
function Found({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const act = useAct();
  const form = Form.useFormInstance<Values>();
  const [found, setFound] = useState<Schemas["ModelsView"]>();
  const fetch = () =>
    act(async () => {
      const models = await told(
        api.POST("/api/v1/channels/{channel}/models", {
          params: { path: { channel: String(channel.id) } },
        }),
      );
      setFound(models);
    }, t("channels.fetched"));
  return (
    <Form.Item label={t("channels.upstreamModels")}>
      <Flex gap="small" wrap>
        <Button onClick={() => void fetch()}>{t("channels.fetchModels")}</Button>
        {found && (
          <Button
            disabled={channel.managed}
            onClick={() => form.setFieldValue("models", found.models)}
          >
            {t("channels.takeAll", { count: found.models.length })}
          </Button>
        )}
      </Flex>
      <div style={{ maxHeight: 240, overflow: "auto", marginTop: 8 }}>
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
