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
];

/** Prices in words, never as ratios. usd: as they are kept, not in the display currency. */
export function PriceText({ prices, usd = false }: { prices: Prices | undefined; usd?: boolean }) {
  const { t } = useTranslation();
  const money = useMoney();
  if (!prices || Object.keys(prices).length === 0)
    return <Typography.Text type="secondary">{t("models.noPrice")}</Typography.Text>;
  return (
    <Space wrap size={[4, 4]}>
      {Object.entries(prices).map(([kind, price]) => (
        <Tag key={kind} style={{ marginInlineEnd: 0 }}>
          {nameOf(kind, t)} {usd ? `$${trim(price)}` : money(price)}
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
  if (PLAIN.includes(kind) || kind === "per_call" || kind === "per_image")
    return t(`models.kind.${kind}`);
  return kind;
}

/** "0.150000" is 0.15. */
export function trim(price: string): string {
  return price.includes(".") ? price.replace(/\.?0+$/, "") : price;
}
