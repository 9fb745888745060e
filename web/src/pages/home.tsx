import { Button, Card, Flex, Space, Typography } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { Code } from "../parts/code";
import { Prose } from "../parts/prose";
import { News } from "../shell/news";
import { useSite } from "../shell/site";

export default function Home() {
  const { t } = useTranslation();
  const site = useSite();
  return (
    <div style={{ maxWidth: 820 }}>
      <News />
      {site.home ? <Prose text={site.home} /> : <Welcome />}
      <Card size="small" title={t("home.address")} style={{ marginBottom: 16 }}>
        <Space orientation="vertical" style={{ width: "100%" }}>
          <Code text={`${site.address}/v1`} label={t("home.address")} />
          <Typography.Text type="secondary">{t("home.addressHint")}</Typography.Text>
        </Space>
      </Card>
      <Flex wrap gap="small">
        <Link to="/console/playground">
          <Button type="primary" tabIndex={-1}>
            {t("menu.playground")}
          </Button>
        </Link>
        <Link to="/console/setup">
          <Button tabIndex={-1}>{t("menu.setup")}</Button>
        </Link>
        <Link to="/console/models">
          <Button tabIndex={-1}>{t("menu.models")}</Button>
        </Link>
        <a href="/openapi.json">
          <Button tabIndex={-1}>OpenAPI</Button>
        </a>
      </Flex>
    </div>
  );
}

function Welcome() {
  const { t } = useTranslation();
  return (
    <>
      <Typography.Title level={1} style={{ fontSize: 28, marginTop: 0 }}>
        {t("home.title")}
      </Typography.Title>
      <Typography.Paragraph style={{ fontSize: 16 }}>{t("home.about")}</Typography.Paragraph>
    </>
  );
}
