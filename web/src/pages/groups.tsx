import { PlusOutlined } from "@ant-design/icons";
import { Button, Flex, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { GroupEditor } from "../groups/group-editor";
import { SpecialRates } from "../groups/special-rates";
import { useAct } from "../parts/act";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { SureButton } from "../parts/sure-button";

type Group = Schemas["GroupView"];

export default function Groups() {
  const { t } = useTranslation();
  const act = useAct("groups");
  const [edited, setEdited] = useState<Group | "new">();
  const pages = usePages(["groups"], (cursor) =>
    told(api.GET("/api/v1/groups", { params: { query: { cursor, limit: 50 } } })),
  );
  return (
    <>
      <Heading title={t("menu.groups")} about={t("groups.about")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("groups.new")}
        </Button>
      </Heading>
      <Listing<Group>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("field.name"),
            dataIndex: "name",
            render: (name: string, group) => (
              <>
                <strong>{group.label || name}</strong>
                <br />
                <code>{name}</code>
              </>
            ),
          },
          { title: t("field.rate"), dataIndex: "rate", render: (rate: string) => `×${rate}` },
          {
            title: t("groups.access"),
            render: (_, group) => (
              <>
                {group.visible && <Tag>{t("field.visible")}</Tag>}
                {group.selectable && <Tag>{t("field.selectable")}</Tag>}
                {group.allowed_account_groups.map((name) => (
                  <Tag key={name}>{name}</Tag>
                ))}
              </>
            ),
          },
          {
            title: t("field.channels"),
            dataIndex: "channels",
            render: (channels: Group["channels"]) =>
              channels?.map((one) => one.name).join(" → ") ?? t("groups.byChannels"),
          },
          { title: t("field.description"), dataIndex: "description", ellipsis: true, width: 240 },
          {
            title: "",
            key: "act",
            render: (_, group) => (
              <Flex gap={4}>
                <Button size="small" onClick={() => setEdited(group)}>
                  {t(group.managed ? "act.look" : "act.edit")}
                </Button>
                <SureButton
                  danger
                  disabled={group.managed}
                  onSure={() =>
                    void act(() =>
                      api.DELETE("/api/v1/groups/{group}", {
                        params: { path: { group: group.name } },
                      }),
                    )
                  }
                >
                  {t("act.delete")}
                </SureButton>
              </Flex>
            ),
          },
        ]}
      />
      <SpecialRates />
      {edited && (
        <GroupEditor
          named={edited === "new" ? undefined : edited.name}
          onSaved={() => void pages.refetch()}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}
