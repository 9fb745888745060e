import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { channelColumns } from "../channels/columns";
import { ChannelEditor } from "../channels/channel-editor";
import { useLastDay } from "../channels/last-day";
import { Trial } from "../channels/trial";
import { useAct } from "../parts/act";
import { Heading } from "../parts/heading";
import { Listing, rowsOf, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { SureButton } from "../parts/sure-button";

type Channel = Schemas["ChannelView"];
/** States are looked at anew. */
const LOOK_MS = 10_000;

export default function Channels() {
  const { t } = useTranslation();
  const act = useAct("channels");
  const money = useMoney();
  const fares = useLastDay();
  const [edited, setEdited] = useState<number | "new">();
  const [tried, setTried] = useState<Channel>();
  const pages = usePages(
    ["channels"],
    (cursor) => told(api.GET("/api/v1/channels", { params: { query: { cursor, limit: 50 } } })),
    LOOK_MS,
  );
  const open = rowsOf(pages).find((channel) => channel.id === edited);
  const of = (channel: Channel) => ({ path: { channel: String(channel.id) } });
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
          ...channelColumns(t, money, fares),
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
                <Button size="small" onClick={() => setEdited(channel.id)}>
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
      {(edited === "new" || open) && (
        <ChannelEditor
          key={edited}
          channel={open}
          onSaved={() => void pages.refetch()}
          onClose={() => setEdited(undefined)}
        />
      )}
      {tried && <Trial channel={tried} onClose={() => setTried(undefined)} />}
    </>
  );
}
