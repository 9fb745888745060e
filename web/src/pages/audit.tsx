import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Heading } from "../parts/heading";
import { Listing, usePages } from "../parts/listing";
import { useWhen } from "../parts/when";

type Entry = Schemas["AuditView"];

export default function Audit() {
  const { t } = useTranslation();
  const when = useWhen();
  const pages = usePages(["audit"], (cursor) =>
    told(api.GET("/api/v1/audit", { params: { query: { cursor, limit: 50 } } })),
  );
  return (
    <>
      <Heading title={t("menu.audit")} about={t("audit.about")} />
      <Listing<Entry>
        pages={pages}
        rowKey="id"
        expandable={{
          rowExpandable: (entry) => entry.before !== null || entry.after !== null,
          expandedRowRender: (entry) => (
            <pre style={{ margin: 0, whiteSpace: "pre-wrap" }}>
              {JSON.stringify({ before: entry.before, after: entry.after }, null, 1)}
            </pre>
          ),
        }}
        columns={[
          { title: t("field.created_at"), dataIndex: "at", render: (at: string) => when(at) },
          { title: t("audit.actor"), dataIndex: "actor" },
          { title: t("audit.action"), render: (_, entry) => `${entry.action} · ${entry.kind}` },
          { title: t("audit.subject"), dataIndex: "subject" },
          { title: t("field.peer"), dataIndex: "peer" },
        ]}
      />
    </>
  );
}
