import { Badge, Tag, type TableProps } from "antd";
import type { TFunction } from "i18next";

import type { Schemas } from "../api/client";
import type { Money } from "../parts/money";

type Channel = Schemas["ChannelView"];
type Usage = Schemas["UsageView"];

const BADGES = {
  live: "success",
  probing: "warning",
  parked: "error",
  off: "default",
  unknown: "default",
} as const;

/** What is told of a channel; fares: its last day, by its number. */
export function channelColumns(
  t: TFunction,
  money: Money,
  fares: ReadonlyMap<string, Usage>,
): NonNullable<TableProps<Channel>["columns"]> {
  return [
    {
      title: t("field.name"),
      dataIndex: "name",
      render: (name: string, channel) => (
        <div style={{ maxWidth: 260, overflowWrap: "anywhere" }}>
          <strong>{name}</strong>
          <br />
          <small>
            #{channel.id} · {channel.vendor} · {channel.address}
          </small>
        </div>
      ),
    },
    {
      title: t("field.state"),
      dataIndex: "state",
      render: (state: Channel["state"], channel) => {
        const on = channel.keys.filter((key) => key.enabled).length;
        return (
          <>
            <Badge status={BADGES[state]} text={t(`channels.state.${state}`)} />
            <br />
            {channel.keys.length > 0 && (
              <small>{t("channels.keyCount", { on, count: channel.keys.length })}</small>
            )}
          </>
        );
      },
    },
    {
      title: t("channels.lastDay"),
      key: "fares",
      render: (_, channel) => <Fares usage={fares.get(String(channel.id))} t={t} money={money} />,
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
        <div style={{ width: 220, maxWidth: "100%" }}>
          {models.slice(0, 3).map((name) => (
            <Tag key={name}>{name}</Tag>
          ))}
          {models.length > 3 && `+${models.length - 3}`}
        </div>
      ),
    },
    {
      title: t("field.cost"),
      dataIndex: "cost",
      render: (cost: Channel["cost"]) =>
        Object.entries(cost).map(([model, factor]) => (
          <div key={model}>
            {model === "*" ? "" : `${model} `}×{factor}
          </div>
        )),
    },
    {
      title: `${t("field.priority")} / ${t("field.weight")}`,
      render: (_, channel) => `${channel.priority} / ${channel.weight}`,
    },
  ];
}

function Fares({ usage, t, money }: { usage: Usage | undefined; t: TFunction; money: Money }) {
  if (!usage || usage.requests === 0) return "–";
  const good = (100 * (usage.requests - usage.failures)) / usage.requests;
  const wait = usage.first_token_ms;
  return (
    <>
      {t("dashboard.count", { count: usage.requests })} · {good.toFixed(1)} %
      <br />
      <small>
        {typeof wait === "number" && `${t("field.first_token_ms")} ${wait} ms · `}
        {t("field.margin")} {money(Number(usage.charge) - Number(usage.cost ?? 0))}
      </small>
    </>
  );
}
