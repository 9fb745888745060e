import { useQuery } from "@tanstack/react-query";
import { Button, Card } from "antd";
import { useState } from "react";
import { Table } from "../parts/table";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Editor } from "../parts/editor";
import { FaultNote } from "../parts/fault";
import { SureButton } from "../parts/sure-button";
import { useGroupNames } from "./names";

/** What accounts of one group pay in another, in place of its own rate. */
export function SpecialRates() {
  const { t } = useTranslation();
  const act = useAct("group-rates");
  const names = useGroupNames().map((value) => ({ value, label: value }));
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["group-rates"],
    queryFn: () => told(api.GET("/api/v1/group-rates")),
  });
  const path = (account_group: string, group: string) => ({ path: { account_group, group } });
  return (
    <Card
      size="small"
      style={{ marginTop: 16 }}
      title={t("groups.special")}
      extra={
        <Button size="small" onClick={() => setAdding(true)}>
          {t("act.add")}
        </Button>
      }
    >
      <FaultNote fault={error} />
      <Table<Schemas["RateView"]>
        size="small"
        pagination={false}
        scroll={{ x: "max-content" }}
        dataSource={data?.data ?? []}
        rowKey={(rate) => `${rate.account_group}/${rate.group}`}
        columns={[
          { title: t("field.account_group"), dataIndex: "account_group" },
          { title: t("field.group"), dataIndex: "group" },
          { title: t("field.rate"), dataIndex: "rate", render: (rate: string) => `×${rate}` },
          {
            title: "",
            key: "act",
            render: (_, rate) => (
              <SureButton
                danger
                disabled={rate.managed}
                onSure={() =>
                  void act(() =>
                    api.DELETE("/api/v1/group-rates/{account_group}/{group}", {
                      params: path(rate.account_group, rate.group),
                    }),
                  )
                }
              >
                {t("act.delete")}
              </SureButton>
            ),
          },
        ]}
      />
      {adding && (
        <Editor
          title={t("groups.special")}
          fields={[
            { name: "account_group", kind: "choice", options: names, required: true },
            { name: "group", kind: "choice", options: names, required: true },
            { name: "rate", kind: "amount", required: true },
          ]}
          save={async (body) => {
            await api.PUT("/api/v1/group-rates/{account_group}/{group}", {
              params: path(String(body["account_group"]), String(body["group"])),
              body: { rate: String(body["rate"]) },
            });
            await refetch();
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Card>
  );
}
