import { Button, Flex, Space, Typography } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Code } from "../parts/code";
import { Heading } from "../parts/heading";
import { Tabs } from "../parts/tabs";
import { useKey } from "../playground/key";
import { KeyField } from "../playground/key-field";
import { ModelField } from "../playground/model-field";
import { useOffered } from "../playground/offered";
import { type Client, CLIENTS, type Filled } from "../setup/clients";
import { useSite } from "../shell/site";

/** Stands for a key that was not said yet. */
const NO_KEY = "sk-…";

export default function Setup() {
  const { t } = useTranslation();
  const site = useSite();
  const key = useKey();
  const offered = useOffered(key);
  const [chosen, setChosen] = useState("");
  const filled: Filled = {
    address: site.address,
    key: key || NO_KEY,
    model: chosen || offered.data?.[0] || "gpt-4o-mini",
    site: site.name,
    nextChat: site.nextchat_url,
  };
  return (
    <>
      <Heading title={t("setup.title")} about={t("setup.about")} />
      <KeyField />
      <ModelField offered={offered.data ?? []} value={filled.model} onChange={setChosen} />
      <Tabs
        label={t("setup.client")}
        items={CLIENTS.map((client) => ({
          key: client.name,
          label: client.name,
          children: <Blocks client={client} filled={filled} />,
        }))}
      />
    </>
  );
}

function Blocks({ client, filled }: { client: Client; filled: Filled }) {
  const { t } = useTranslation();
  return (
    <Space orientation="vertical" size="middle" style={{ width: "100%", maxWidth: 760 }}>
      {client.blocks(filled).map((block) => (
        <div key={block.where}>
          <Typography.Text type="secondary">
            {block.where === "shell" ? t("setup.shell") : block.where}
          </Typography.Text>
          <Code text={block.text} label={`${client.name} ${block.where}`} />
        </div>
      ))}
      {client.links && (
        <Flex wrap gap="small">
          {Object.entries(client.links(filled)).map(([program, link]) => (
            <Button key={program} href={link} disabled={filled.key === NO_KEY}>
              {t("setup.import", { client: program })}
            </Button>
          ))}
        </Flex>
      )}
    </Space>
  );
}
