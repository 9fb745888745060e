import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { api, told } from "../api/client";

/** Shown while nothing but the demo serves: what an operator does next. */
export function FirstSteps() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["channels", "any"],
    queryFn: () => told(api.GET("/api/v1/channels", { params: { query: { limit: 5 } } })),
  });
  if (!data || data.data.some((channel) => channel.vendor !== "demo")) return null;
  return (
    <Alert
      type="info"
      showIcon
      style={{ marginBottom: 16 }}
      title={t("overview.first")}
      description={<Link to="/console/first-steps">{t("overview.begin")}</Link>}
    />
  );
}
