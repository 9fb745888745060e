import { Flex, Input, Select, Table, Tag } from "antd";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { PriceText } from "../models/price-text";
import { type Offer, priceOf, usePricing } from "../models/pricing";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";

export default function Models() {
  const { t } = useTranslation();
  const { data, error, isPending } = usePricing();
  const [typed, setTyped] = useState("");
  const [group, setGroup] = useState<string>();
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const shown = useMemo(
    () => (data?.data ?? []).filter((offer) => offer.model_name.toLowerCase().includes(wanted) && (!group || offer.enable_groups.includes(group))),
    [data, wanted, group],
  );
  const groups = Object.entries(data?.usable_group ?? {}).map(([value, about]) => ({
    value,
    label: `${about || value} · ×${data?.group_ratio[value] ?? 1}`,
  }));
  return (
    <>
      <Heading title={t("models.title")} about={t("models.about")} />
      <Flex wrap gap="small" style={{ marginBottom: 16 }}>
        <Input.Search allowClear value={typed} onChange={(change) => setTyped(change.target.value)} placeholder={t("models.search")} aria-label={t("models.search")} style={{ maxWidth: 280 }} />
        <Select allowClear placeholder={t("models.group")} aria-label={t("models.group")} value={group ?? null} onChange={(value) => setGroup(value ?? undefined)} options={groups} style={{ minWidth: 200 }} />
      </Flex>
      <FaultNote fault={error} />
      <Table<Offer>
        rowKey="model_name"
        loading={isPending}
        dataSource={shown}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: "max-content" }}
        columns={[
          { title: t("models.model"), dataIndex: "model_name", render: (name: string) => <code>{name}</code> },
          { title: group ? t("models.priceIn", { group }) : t("models.official"), render: (_, offer) => <PriceText prices={priceOf(offer, group)} /> },
          { title: t("models.groups"), dataIndex: "enable_groups", render: (names: string[]) => names.map((name) => <Tag key={name}>{name}</Tag>) },
        ]}
      />
    </>
  );
}
