import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useGroupNames } from "../groups/names";
import { Editor } from "../parts/editor";
import type { Values } from "../parts/field";
import { CHANNEL_LIMITS, DEADLINES, flatten, nest } from "../parts/nested";
import { channelFields, FURTHER } from "./channel-fields";
import { Found } from "./found";
import { Keys } from "./keys";

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
    const before = channel as Values | undefined;
    const body = nest(typed, before, CHANNEL_LIMITS, DEADLINES) as Schemas["ChannelBody"];
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
      <Found channel={channel} />
    </Editor>
  );
}
