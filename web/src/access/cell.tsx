import { Tag, Typography } from "antd";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { PriceText } from "../models/price-text";

export type Cell = Schemas["AccessCell"];

/** model: the one that was asked for, with its price; "": how many there are. */
export function CellNote({ cell, model }: { cell: Cell; model: string }) {
  const { t } = useTranslation();
  if (!cell.usable) {
    return <Typography.Text type="secondary">{t("access.never")}</Typography.Text>;
  }
  return (
    <>
      <Tag color="green">{t(`access.why.${cell.why}`)}</Tag>×{cell.rate}
      {cell.special && <Tag color="blue">{t("access.special")}</Tag>}
      <div>
        {model ? (
          cell.models.map((one) => (
            <div key={one.model}>
              <small>{one.model}</small> <PriceText prices={one.prices} />
            </div>
          ))
        ) : (
          <small>{t("access.count", { count: cell.model_count })}</small>
        )}
      </div>
    </>
  );
}
