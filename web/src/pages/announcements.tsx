import { PlusOutlined } from "@ant-design/icons";
import { Button, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import type { Field, Values } from "../parts/field";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { RowActs } from "../parts/row-acts";
import { useWhen } from "../parts/when";

type Announcement = Schemas["AnnouncementView"];

export default function Announcements() {
  const { t } = useTranslation();
  const when = useWhen();
  const act = useAct("announcements", "news");
  const [edited, setEdited] = useState<Announcement | "new">();
  const pages = usePages(["announcements"], (cursor) =>
    told(api.GET("/api/v1/announcements", { params: { query: { cursor } } })),
  );
  const old = edited === "new" ? undefined : edited;
  const of = (one: Announcement) => ({ path: { announcement: String(one.id) } });
  const fields: Field[] = [
    { name: "title", kind: "text", required: true, start: old?.title },
    { name: "body", kind: "long", help: "markdown", start: old?.body },
    {
      name: "level",
      kind: "choice",
      start: old?.level ?? "info",
      options: (["info", "warning", "critical"] as const).map((value) => ({
        value,
        label: t(`announcements.level.${value}`),
      })),
    },
    { name: "pinned", kind: "switch", start: old?.pinned ?? false },
    { name: "from_at", kind: "moment", start: old?.from_at },
    { name: "until_at", kind: "moment", start: old?.until_at },
  ];
  const save = async (typed: Values) => {
    const body = typed as Schemas["AnnouncementBody"];
    if (old) await api.PUT("/api/v1/announcements/{announcement}", { params: of(old), body });
    else await api.POST("/api/v1/announcements", { body });
  };
  return (
    <>
      <Heading title={t("menu.announcements")}>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited("new")}>
          {t("announcements.new")}
        </Button>
      </Heading>
      <Listing<Announcement>
        pages={pages}
        rowKey="id"
        columns={[
          {
            title: t("field.title"),
            dataIndex: "title",
            render: (title: string, one) => (
              <>
                {one.pinned && <Tag>{t("field.pinned")}</Tag>}
                {title}
              </>
            ),
          },
          {
            title: t("field.level"),
            dataIndex: "level",
            render: (level: Announcement["level"]) => t(`announcements.level.${level}`),
          },
          { title: t("field.from_at"), dataIndex: "from_at", render: (at: string) => when(at) },
          {
            title: t("field.until_at"),
            dataIndex: "until_at",
            render: (at: string | null) => when(at),
          },
          {
            title: "",
            key: "act",
            render: (_, one) => (
              <RowActs
                onEdit={() => setEdited(one)}
                onDelete={() =>
                  void act(() =>
                    api.DELETE("/api/v1/announcements/{announcement}", { params: of(one) }),
                  )
                }
              />
            ),
          },
        ]}
      />
      {edited && (
        <Editor
          title={old?.title ?? t("announcements.new")}
          fields={fields}
          save={save}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}
