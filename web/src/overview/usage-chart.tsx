import { Empty, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { Chart } from "../parts/chart";
import { useSite } from "../shell/site";

/** Thirty days of money or of requests. */
export function UsageChart({ days }: { days: Schemas["UsageView"][] }) {
  const { t } = useTranslation();
  const { display_rate: rate, display_currency: currency } = useSite();
  const [what, setWhat] = useState<"charge" | "requests">("charge");
  const names = useMemo(
    () =>
      days.map((day) =>
        new Date(day.key).toLocaleDateString(undefined, { month: "numeric", day: "numeric" }),
      ),
    [days],
  );
  const series = useMemo(
    () =>
      what === "charge"
        ? [
            {
              name: `${t("field.charge")} (${currency})`,
              values: days.map((day) => Number(day.charge) * Number(rate)),
            },
          ]
        : [
            { name: t("field.succeeded"), values: days.map((day) => day.requests - day.failures) },
            { name: t("field.failures"), values: days.map((day) => day.failures) },
          ],
    [days, what, t, currency, rate],
  );
  if (days.length === 0)
    return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("dashboard.nothing")} />;
  return (
    <>
      <Segmented
        aria-label={t("dashboard.shown")}
        size="small"
        value={what}
        onChange={setWhat}
        options={[
          { value: "charge", label: t("field.charge") },
          { value: "requests", label: t("field.requests") },
        ]}
      />
      <Chart label={t("dashboard.days")} names={names} series={series} />
    </>
  );
}
