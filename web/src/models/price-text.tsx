import { Space, Tag, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { useMoney } from "../parts/money";

/** USD by kind: per 1,000,000 tokens, `per_call`, `per_image`, `image:<size>:<quality>`. */
export type Prices = Record<string, string>;

const PLAIN = [
  "input",
  "cached_input",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
  "audio_in",
  "audio_out",
  "image_in",
  "image_out",
  "per_call",
  "per_image",
  "per_character",
  "per_second",
];

/** Prices in words, never as ratios, in the display currency. */
export function PriceText({ prices }: { prices: Prices | undefined }) {
  const { t } = useTranslation();
  const money = useMoney();
  if (!prices || Object.keys(prices).length === 0)
    return <Typography.Text type="secondary">{t("models.noPrice")}</Typography.Text>;
  return (
    <Space wrap size={[4, 4]}>
      {Object.entries(prices).map(([kind, price]) => (
        <Tag key={kind} style={{ marginInlineEnd: 0 }}>
          {nameOf(kind, t)} {money(price)}
        </Tag>
      ))}
    </Space>
  );
}

function nameOf(kind: string, t: (key: string) => string): string {
  if (kind.startsWith("image:"))
    return (
      kind
        .split(":")
        .slice(1)
        .filter((part) => part && part !== "*")
        .join(" ") || t("models.kind.per_image")
    );
  if (PLAIN.includes(kind)) return t(`models.kind.${kind}`);
  return kind;
}
