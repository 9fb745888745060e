import { PlusOutlined } from "@ant-design/icons";
import { Badge, Button, Flex, Switch, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { ChannelEditor } from "../channels/channel-editor";
import { Trial } from "../channels/trial";
import { useAct } from "../parts/act";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { SureButton } from "../parts/sure-button";

type Channel = Schemas["ChannelView"];
const BADGES = {
  live: "success",
  probing: "warning",
  parked: "error",
  off: "default",
  unknown: "default",
} as const;

export default function Channels() {
  const { t } = useTranslation();
  const act = useAct("channels");
  const [edited, setEdited] = useState<Channel | "new">();
  const [tried, setTried] = useState<Channel>();
  const pages = usePages(["channels"], (cursor) =>
    told(api.GET("/api/v1/channels", { params: { query: { cursor, limit: 50 } } })),
  );
  const of = (channel: Channel) => ({ path: { channel: String(channel.id) } });
  const saved = (channel: Channel) => {
    if (edited === "new") setTimeout(() => setEdited(channel));
    void pages.refetch();
  };
  return (
    <>
      <Heading title={t("menu.channels")} about={t("channels.about")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("channels.new")}
        </Button>
      </Heading>
      <Listing<Channel>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("field.name"),
            dataIndex: "name",
            render: (name: string, channel) => (
              <>
                <strong>{name}</strong>
                <br />
                <small>
                  {channel.vendor} · {channel.address}
                </small>
              </>
            ),
          },
          {
            title: t("field.state"),
            dataIndex: "state",
            render: (state: Channel["state"]) => (
              <Badge status={BADGES[state]} text={t(`channels.state.${state}`)} />
            ),
          },
          {
            title: t("field.groups"),
            dataIndex: "groups",
            render: (groups: string[]) => groups.map((name) => <Tag key={name}>{name}</Tag>),
          },
          {
            title: t("field.models"),
            dataIndex: "models",
            render: (models: string[]) => (
              <>
                {models.slice(0, 3).map((name) => (
                  <Tag key={name}>{name}</Tag>
                ))}
                {models.length > 3 && `+${models.length - 3}`}
              </>
            ),
          },
          {
            title: `${t("field.priority")} / ${t("field.weight")}`,
            render: (_, channel) => `${channel.priority} / ${channel.weight}`,
          },
          {
            title: t("field.enabled"),
            dataIndex: "enabled",
            render: (enabled: boolean, channel) => (
              <Switch
                size="small"
                checked={enabled}
                disabled={channel.managed}
                aria-label={`${t("field.enabled")} ${channel.name}`}
                onChange={(on) =>
                  void act(() =>
                    api.PATCH("/api/v1/channels/{channel}", {
                      params: of(channel),
                      body: { enabled: on },
                    }),
                  )
                }
              />
            ),
          },
          {
            title: "",
            key: "act",
            render: (_, channel) => (
              <Flex gap={4}>
                <Button size="small" onClick={() => setEdited(channel)}>
                  {t(channel.managed ? "act.look" : "act.edit")}
                </Button>
                <Button size="small" onClick={() => setTried(channel)}>
                  {t("channels.try")}
                </Button>
                <SureButton
                  danger
                  disabled={channel.managed}
                  onSure={() =>
                    void act(() =>
                      api.DELETE("/api/v1/channels/{channel}", { params: of(channel) }),
                    )
                  }
                >
                  {t("act.delete")}
                </SureButton>
              </Flex>
            ),
          },
        ]}
      />
      {edited && (
        <ChannelEditor
          key={edited === "new" ? "new" : edited.id}
          channel={edited === "new" ? undefined : edited}
          onSaved={saved}
          onClose={() => setEdited(undefined)}
        />
      )}
      {tried && <Trial channel={tried} onClose={() => setTried(undefined)} />}
    </>
  );
}
