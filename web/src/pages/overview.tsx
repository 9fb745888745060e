import { useQuery } from "@tanstack/react-query";
import { Card, Skeleton } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { FirstSteps } from "../overview/first-steps";
import { UsageChart } from "../overview/usage-chart";
import { UsageTable } from "../overview/usage-table";
import { FaultNote } from "../parts/fault";
import { Figures } from "../parts/figures";
import { Tabs } from "../parts/tabs";
import { Heading } from "../parts/heading";
import { useMoney } from "../parts/money";

type By = "day" | "model" | "channel" | "group";
const PARTS = ["model", "channel", "group"] as const;

function useUsage(by: By) {
  return useQuery({
    queryKey: ["usage", by],
    queryFn: () => told(api.GET("/api/v1/usage", { params: { query: { by } } })),
  });
}

export default function Overview() {
  const { t } = useTranslation();
  const { data, error } = useUsage("day");
  return (
    <>
      <Heading title={t("menu.overview")} about={t("overview.about")} />
      <FirstSteps />
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {data && <Days days={data.data} />}
      <Tabs
        label={t("overview.parts")}
        items={PARTS.map((by) => ({
          key: by,
          label: t(`overview.by.${by}`),
          children: <By by={by} />,
        }))}
      />
    </>
  );
}

function Days({ days }: { days: Schemas["UsageView"][] }) {
  const { t } = useTranslation();
  const money = useMoney();
  const sum = (of: (day: (typeof days)[number]) => number) =>
    days.reduce((all, day) => all + of(day), 0);
  const requests = sum((day) => day.requests);
  const failures = sum((day) => day.failures);
  const charge = sum((day) => Number(day.charge));
  return (
    <>
      <Figures
        of={[
          { name: t("field.requests"), value: requests },
          {
            name: t("field.failures"),
            value: failures,
            note: requests ? `${((100 * failures) / requests).toFixed(2)} %` : "",
          },
          { name: t("overview.revenue"), value: money(charge) },
          { name: t("field.margin"), value: money(charge - sum((day) => Number(day.cost ?? 0))) },
        ]}
      />
      <Card size="small" title={t("dashboard.days")} style={{ marginBottom: 16 }}>
        <UsageChart days={days} />
      </Card>
    </>
  );
}

function By({ by }: { by: (typeof PARTS)[number] }) {
  const { data, error } = useUsage(by);
  return (
    <>
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {data && <UsageTable rows={data.data} what={by} />}
    </>
  );
}
