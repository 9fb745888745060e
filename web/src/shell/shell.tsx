// The frame of every page: name, menu, language, light or dark, and who is signed in.
import { MenuOutlined, MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Button, Drawer, Grid, Layout, Segmented, Space, Spin, theme } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Outlet, useNavigation } from "react-router";

import { LANGUAGES, type Language, speak } from "../words/start";
import { AccountCorner } from "./account-corner";
import { Footer } from "./footer";
import { SiteMenu } from "./menu";
import { chooseScheme, useScheme } from "./preferences";
import { useSite } from "./site";

export function Shell() {
  const wide = Grid.useBreakpoint().lg ?? true;
  const { t } = useTranslation();
  const { token } = theme.useToken();
  const [open, setOpen] = useState(false);
  const loading = useNavigation().state === "loading";
  return (
    <Layout style={{ minHeight: "100vh" }}>
      <a className="skip" href="#content">
        {t("shell.skip")}
      </a>
      <Layout.Header
        style={{
          display: "flex",
          alignItems: "center",
          gap: 12,
          padding: "0 16px",
          position: "sticky",
          top: 0,
          zIndex: 10,
          background: token.colorBgContainer,
          borderBottom: `1px solid ${token.colorBorderSecondary}`,
        }}
      >
        {!wide && (
          <Button
            type="text"
            icon={<MenuOutlined />}
            aria-label={t("shell.menu")}
            onClick={() => setOpen(true)}
          />
        )}
        <Name />
        <Space style={{ marginInlineStart: "auto" }} size="small">
          <LanguageSwitch />
          <SchemeSwitch />
          <AccountCorner />
        </Space>
      </Layout.Header>
      <Layout>
        {wide && (
          <Layout.Sider
            width={216}
            theme="light"
            style={{
              background: token.colorBgContainer,
              borderInlineEnd: `1px solid ${token.colorBorderSecondary}`,
            }}
          >
            <SiteMenu onGo={() => undefined} />
          </Layout.Sider>
        )}
        <Drawer
          open={!wide && open}
          onClose={() => setOpen(false)}
          placement="left"
          size={264}
          title={t("shell.menu")}
          styles={{ body: { padding: 0 } }}
        >
          <SiteMenu onGo={() => setOpen(false)} />
        </Drawer>
        <Layout.Content
          id="content"
          role="main"
          tabIndex={-1}
          style={{ padding: wide ? 24 : 16, minWidth: 0, outline: "none" }}
        >
          <Spin spinning={loading} delay={200}>
            <Outlet />
          </Spin>
          <Footer />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

function Name() {
  const site = useSite();
  const { token } = theme.useToken();
  return (
    <Link
      to="/"
      style={{
        color: token.colorText,
        fontWeight: 600,
        fontSize: 16,
        minWidth: 0,
        overflow: "hidden",
        textOverflow: "ellipsis",
        whiteSpace: "nowrap",
      }}
    >
      {site.logo && (
        <img
          src={site.logo}
          alt=""
          style={{ height: 24, verticalAlign: "middle", marginInlineEnd: 8 }}
        />
      )}
      {site.name}
    </Link>
  );
}

function LanguageSwitch() {
  const { i18n, t } = useTranslation();
  const short: Record<Language, string> = { zh: "中", en: "EN" };
  return (
    <Segmented<Language>
      size="small"
      aria-label={t("shell.language")}
      value={i18n.language === "zh" ? "zh" : "en"}
      onChange={(language) => void speak(language)}
      options={(Object.keys(LANGUAGES) as Language[]).map((value) => ({
        value,
        label: short[value],
        title: LANGUAGES[value],
      }))}
    />
  );
}

function SchemeSwitch() {
  const scheme = useScheme();
  const { t } = useTranslation();
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <Button
      type="text"
      aria-label={t(`shell.${other}`)}
      icon={scheme === "dark" ? <SunOutlined /> : <MoonOutlined />}
      onClick={() => chooseScheme(other)}
    />
  );
}
