import { Alert, Flex, Input, Select, Tag, Typography } from "antd";
import { useDeferredValue, useMemo, useState } from "react";
import { Table } from "../parts/table";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { PriceText } from "../models/price-text";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { useOffers } from "../tokens/offers";

type Offer = Schemas["ModelOffer"];

export default function Models() {
  const { t } = useTranslation();
  const { data, error, isPending } = useOffers();
  const [typed, setTyped] = useState("");
  const [group, setGroup] = useState<string>();
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const shown = useMemo(
    () =>
      (data?.models ?? []).filter(
        (offer) =>
          offer.model.toLowerCase().includes(wanted) && (!group || offer.groups.includes(group)),
      ),
    [data, wanted, group],
  );
  const groups = (data?.groups ?? []).map((one) => ({
    value: one.name,
    label: `${one.label || one.name} · ×${one.rate}`,
  }));
  const chosen = data?.groups.find((one) => one.name === group);
  return (
    <>
      <Heading title={t("models.title")} about={t("models.about")} />
      <Flex wrap gap="small" style={{ marginBottom: 16 }}>
        <Input.Search
          allowClear
          value={typed}
          onChange={(change) => setTyped(change.target.value)}
          placeholder={t("models.search")}
          aria-label={t("models.search")}
          style={{ maxWidth: 280 }}
        />
        <Select
          allowClear
          placeholder={t("models.group")}
          aria-label={t("models.group")}
          value={group ?? null}
          onChange={(value) => setGroup(value ?? undefined)}
          options={groups}
          style={{ minWidth: 200 }}
        />
      </Flex>
      {chosen && <About group={chosen} />}
      <FaultNote fault={error} />
      <Table<Offer>
        rowKey="model"
        loading={isPending}
        dataSource={shown}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: "max-content" }}
        columns={[
          {
            title: t("models.model"),
            dataIndex: "model",
            render: (name: string) => <code>{name}</code>,
          },
          {
            title: group ? t("models.priceIn", { group }) : t("models.official"),
            render: (_, offer) => (
              <PriceText prices={group ? offer.prices[group] : offer.official} />
            ),
          },
          {
            title: t("models.groups"),
            dataIndex: "groups",
            render: (names: string[]) => names.map((name) => <Tag key={name}>{name}</Tag>),
          },
        ]}
      />
    </>
  );
}

function About({ group }: { group: Schemas["GroupOption"] }) {
  const { t } = useTranslation();
  if (!group.description && !group.pros && !group.cons) return null;
  return (
    <Alert
      type="info"
      style={{ marginBottom: 16 }}
      title={group.description || group.label || group.name}
      description={
        <>
          {group.pros && (
            <div>
              <Typography.Text strong>{t("field.pros")}:</Typography.Text> {group.pros}
            </div>
          )}
          {group.cons && (
            <div>
              <Typography.Text strong>{t("field.cons")}:</Typography.Text> {group.cons}
            </div>
          )}
        </>
      }
    />
  );
}
