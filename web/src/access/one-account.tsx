import { useQuery } from "@tanstack/react-query";
import { Drawer, Skeleton } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { PriceText } from "../models/price-text";
import { FaultNote } from "../parts/fault";
import { Table } from "../parts/table";
import { Tabs } from "../parts/tabs";

/** Every model that one account can reach, with its price in each group. */
export function OneAccount({
  row,
  onClose,
}: {
  row: Schemas["AccessRowView"];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const query = { account_id: row.account_id };
  const { data, error } = useQuery({
    queryKey: ["access", "one", row.account_id],
    queryFn: () => told(api.GET("/api/v1/access", { params: { query } })),
  });
  const usable = data?.data[0]?.groups.filter((cell) => cell.usable) ?? [];
  return (
    <Drawer open title={row.email} size="min(720px, 100vw)" onClose={onClose}>
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {usable.length > 0 && (
        <Tabs
          label={t("field.groups")}
          items={usable.map((cell) => ({
            key: cell.group,
            label: `${cell.group} ×${cell.rate}`,
            children: (
              <Table<Schemas["ModelPriceView"]>
                rowKey="model"
                dataSource={cell.models}
                columns={[
                  {
                    title: t("field.model"),
                    dataIndex: "model",
                    render: (name: string) => <code>{name}</code>,
                  },
                  {
                    title: t("prices.price"),
                    dataIndex: "prices",
                    render: (prices: Record<string, string>) => <PriceText prices={prices} />,
                  },
                ]}
              />
            ),
          }))}
        />
      )}
    </Drawer>
  );
}
