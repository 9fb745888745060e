import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { api, told } from "../api/client";
import { UsageChart } from "../overview/usage-chart";
import { UsageTable } from "../overview/usage-table";
import { FaultNote } from "../parts/fault";
import { Figures } from "../parts/figures";
import { Heading } from "../parts/heading";
import { useMoney } from "../parts/money";
import { News } from "../shell/news";

export default function Dashboard() {
  const { t } = useTranslation();
  const money = useMoney();
  const { data, error } = useQuery({
    queryKey: ["dashboard"],
    queryFn: () => told(api.GET("/api/v1/dashboard")),
  });
  return (
    <>
      <Heading title={t("menu.dashboard")}>
        <Flex gap="small">
          <Link to="/console/tokens">
            <Button type="primary" tabIndex={-1}>
              {t("menu.tokens")}
            </Button>
          </Link>
          <Link to="/console/wallet">
            <Button tabIndex={-1}>{t("menu.wallet")}</Button>
          </Link>
        </Flex>
      </Heading>
      <News />
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {data && (
        <>
          <Figures
            of={[
              {
                name: t("field.balance"),
                value: money(data.balance),
                note: Number(data.held) > 0 ? `${t("field.held")} ${money(data.held)}` : "",
              },
              {
                name: t("dashboard.today"),
                value: money(data.today.charge),
                note: t("dashboard.count", { count: data.today.requests }),
              },
              {
                name: t("dashboard.month"),
                value: money(data.month.charge),
                note: t("dashboard.count", { count: data.month.requests }),
              },
              { name: t("dashboard.ever"), value: money(data.spent) },
            ]}
          />
          <Card size="small" title={t("dashboard.days")} style={{ marginBottom: 16 }}>
            <UsageChart days={data.days} />
          </Card>
          <Card size="small" title={t("dashboard.models")}>
            <UsageTable rows={data.models} what="model" />
          </Card>
        </>
      )}
    </>
  );
}
