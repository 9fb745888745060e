import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Input, Segmented, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { PriceText } from "../models/price-text";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { nest, nestedFields } from "../parts/nested";
import { SureButton } from "../parts/sure-button";
import { Tabs } from "../parts/tabs";
import { useWhen } from "../parts/when";
import { Proposals } from "../prices/proposals";

type Price = Schemas["PriceView"];
const KINDS = {
  name: "kinds",
  keys: [
    "input",
    "cached_input",
    "output",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    "audio_in",
    "audio_out",
    "image_in",
    "image_out",
    "per_call",
    "per_image",
    "per_character",
    "per_second",
  ],
};

export default function Prices() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("menu.prices")} about={t("prices.about")} />
      <Tabs
        label={t("menu.prices")}
        items={[
          { key: "list", label: t("prices.list"), children: <PriceList /> },
          { key: "proposals", label: t("proposals.title"), children: <Proposals /> },
        ]}
      />
    </>
  );
}

function PriceList() {
  const { t } = useTranslation();
  const when = useWhen();
  const act = useAct("prices", "models");
  const [search, setSearch] = useState("");
  const [source, setSource] = useState<"" | "override" | "catalogue">("");
  const [edited, setEdited] = useState<Price | "new">();
  const pages = usePages(["prices", search, source], (cursor) =>
    told(api.GET("/api/v1/prices", { params: { query: { search, source, cursor, limit: 50 } } })),
  );
  return (
    <>
      <Flex wrap gap="small" style={{ marginBottom: 16 }}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("prices.new")}
        </Button>
        <Input.Search
          allowClear
          aria-label={t("models.search")}
          placeholder={t("models.search")}
          onSearch={setSearch}
          style={{ maxWidth: 280 }}
        />
        <Segmented
          aria-label={t("field.source")}
          value={source}
          onChange={setSource}
          options={(["", "override", "catalogue"] as const).map((value) => ({
            value,
            label: t(`prices.source.${value || "all"}`),
          }))}
        />
      </Flex>
      <Listing<Price>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("field.model"),
            dataIndex: "model",
            render: (name: string) => <code>{name}</code>,
          },
          {
            title: t("prices.price"),
            render: (_, price) => <PriceText prices={price.kinds} />,
          },
          {
            title: t("field.source"),
            dataIndex: "source",
            render: (from: Price["source"]) => (
              <Tag color={from === "override" ? "blue" : "default"}>
                {t(`prices.source.${from}`)}
              </Tag>
            ),
          },
          {
            title: t("field.effective_at"),
            dataIndex: "effective_at",
            render: (at: string | null) => (at ? when(at) : t("prices.always")),
          },
          {
            title: "",
            key: "act",
            render: (_, price) => (
              <Flex gap={4}>
                <Button size="small" onClick={() => setEdited(price)}>
                  {t(price.source === "override" ? "act.edit" : "prices.own")}
                </Button>
                {price.source === "override" && (
                  <SureButton
                    danger
                    disabled={price.managed}
                    onSure={() =>
                      void act(() =>
                        api.DELETE("/api/v1/prices/{price}", {
                          params: { path: { price: String(price.id) } },
                        }),
                      )
                    }
                  >
                    {t("act.delete")}
                  </SureButton>
                )}
              </Flex>
            ),
          },
        ]}
      />
      {edited && (
        <PriceEditor
          price={edited === "new" ? undefined : edited}
          onSaved={() => void pages.refetch()}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}

/** A price is put whole: what the form shows, and the tiers as they are. */
function PriceEditor({
  price,
  onSaved,
  onClose,
}: {
  price: Price | undefined;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const own = price?.source === "override";
  const fields: Field[] = [
    { name: "model", kind: "text", required: true, help: "pricedModel", start: price?.model },
    {
      name: "effective_at",
      kind: "moment",
      help: "effectiveAt",
      start: own ? price.effective_at : undefined,
    },
    ...nestedFields(KINDS, "amount").map((field) => ({
      ...field,
      start: price?.kinds[field.name.slice("kinds_".length)],
    })),
    { name: "tiers", kind: "json", help: "tiers", start: price?.tiers ?? [] },
    { name: "images", kind: "json", help: "images", start: price?.images ?? [] },
    { name: "tools", kind: "pairs", help: "tools", start: price?.tools ?? {} },
    {
      name: "service_tiers",
      kind: "pairs",
      help: "serviceTiers",
      start: price?.service_tiers ?? {},
    },
  ];
  const save = async (typed: Values) => {
    await api.PUT("/api/v1/prices", {
      body: nest(typed, undefined, KINDS) as Schemas["PriceBody"],
    });
    onSaved();
  };
  return (
    <Editor
      title={price?.model ?? t("prices.new")}
      fields={fields}
      managed={price?.managed ?? false}
      save={save}
      onClose={onClose}
    />
  );
}
