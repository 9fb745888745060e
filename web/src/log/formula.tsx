import { Typography } from "antd";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { useMoney } from "../parts/money";

/** Priced by the million; all else by the piece. */
const TOKEN_KIND = /^(input|output|audio|image)_/;

/** How a charge came about: each kind at its official price, then the group's rate. */
export function Formula({ row }: { row: Schemas["LogView"] }) {
  const { t } = useTranslation();
  const money = useMoney();
  if (row.formula.length === 0 && Number(row.charge) > 0 && Number(row.rate) > 0)
    return (
      <code style={{ whiteSpace: "normal" }}>
        {money(Number(row.charge) / Number(row.rate))} × {row.rate} ={" "}
        <strong>{money(row.charge)}</strong>
      </code>
    );
  if (row.formula.length === 0)
    return (
      <Typography.Text type="secondary">
        {row.code ? t("log.notCharged") : t("log.free")}
      </Typography.Text>
    );
  const parts = row.formula.map(({ kind, count, price }) => {
    const piece = `${count} ${t(`log.kind.${kind}`, { defaultValue: kind })} × ${money(price)}`;
    return TOKEN_KIND.test(kind) ? `${piece} / 1M` : piece;
  });
  return (
    <code style={{ whiteSpace: "normal" }}>
      ({parts.join(" + ")}) × {row.rate || "1"} = <strong>{money(row.charge)}</strong>
    </code>
  );
}
