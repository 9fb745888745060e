import { useQuery } from "@tanstack/react-query";
import { Alert, Flex } from "antd";
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
      description={
        <Flex wrap gap="middle">
          <Link to="/console/channels">1. {t("overview.addChannel")}</Link>
          <Link to="/console/groups">2. {t("overview.setGroup")}</Link>
          <Link to="/console/prices">3. {t("overview.seePrices")}</Link>
          <Link to="/console/settings">4. {t("overview.openSignUp")}</Link>
        </Flex>
      }
    />
  );
}
