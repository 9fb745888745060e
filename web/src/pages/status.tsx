import { useQuery } from "@tanstack/react-query";
import { Card, Empty, Flex, Skeleton, theme, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";

export default function Status() {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ["status"],
    queryFn: () => told(api.GET("/api/v1/status")),
    refetchInterval: 60_000,
  });
  return (
    <>
      <Heading title={t("menu.status")} about={t("status.about")} />
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {data?.data.length === 0 && <Empty description={t("dashboard.nothing")} />}
      <Flex vertical gap="small" style={{ maxWidth: 900 }}>
        {data?.data.map((one) => (
          <Line key={`${one.group}/${one.model}`} one={one} />
        ))}
      </Flex>
    </>
  );
}

function Line({ one }: { one: Schemas["StatusView"] }) {
  const { t } = useTranslation();
  const { token } = theme.useToken();
  const colour = (share: number | null) =>
    share === null
      ? token.colorFillSecondary
      : share >= 0.99
        ? token.colorSuccess
        : share >= 0.9
          ? token.colorWarning
          : token.colorError;
  const percent = `${(one.success * 100).toFixed(2)} %`;
  return (
    <Card size="small">
      <Flex wrap justify="space-between" gap="small">
        <span>
          <code>{one.model}</code> <Typography.Text type="secondary">{one.group}</Typography.Text>
        </span>
        <span>
          {one.first_token_ms !== null && (
            <Typography.Text type="secondary">
              {t("field.first_token_ms")} {(one.first_token_ms / 1000).toFixed(2)} s ·{" "}
            </Typography.Text>
          )}
          <strong>{percent}</strong>
        </span>
      </Flex>
      <div
        role="img"
        aria-label={t("status.hours", { percent })}
        style={{ display: "flex", gap: 2, marginTop: 8 }}
      >
        {one.hours.map((share, hour) => (
          <span
            key={hour}
            style={{ flex: 1, height: 24, borderRadius: 2, background: colour(share) }}
          />
        ))}
      </div>
    </Card>
  );
}
