import { Tag } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Listing, usePages } from "../parts/listing";
import { useWhen } from "../parts/when";

const LOOK_MS = 15_000;

/** What is wrong, and what was. */
export function Found() {
  const { t } = useTranslation();
  const when = useWhen();
  const pages = usePages(
    ["alerts"],
    (cursor) => told(api.GET("/api/v1/alerts", { params: { query: { cursor } } })),
    LOOK_MS,
  );
  return (
    <Listing<Schemas["AlertView"]>
      pages={pages}
      rowKey="id"
      empty={t("alerts.none")}
      columns={[
        {
          title: t("field.state"),
          dataIndex: "ended_at",
          render: (ended: string | null) => (
            <Tag color={ended ? "green" : "red"}>{t(ended ? "alerts.over" : "alerts.firing")}</Tag>
          ),
        },
        {
          title: t("alerts.rule"),
          dataIndex: "rule",
          render: (rule: string) => t(`alerts.name.${rule}`),
        },
        { title: t("audit.subject"), dataIndex: "name" },
        {
          title: t("alerts.figures"),
          dataIndex: "figures",
          render: (figures: Record<string, string>) =>
            Object.entries(figures)
              .map(([name, figure]) => `${name} ${figure}`)
              .join(" · "),
        },
        { title: t("field.since"), dataIndex: "since", render: (at: string) => when(at) },
        { title: t("field.until"), dataIndex: "ended_at", render: (at: string | null) => when(at) },
      ]}
    />
  );
}
