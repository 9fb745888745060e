import { Menu } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";

import { type Audience, type Page, PAGES } from "../pages";
import { useSession } from "../session/provider";

const PLACES = ["own", "operator", "public"] as const;

export function SiteMenu({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  const { known } = useSession();
  const { pathname } = useLocation();
  const role = known.state === "somebody" ? known.account.role : undefined;
  const shown = PAGES.filter((page) => maySee(page.audience, role));
  const items = PLACES.map((place) => ({
    key: place,
    type: "group" as const,
    label: t(`menu.${place}`),
    children: shown
      .filter((page) => page.menu === place)
      .map((page) => itemOf(page, t(`menu.${page.name}`))),
  })).filter((group) => group.children.length > 0);
  return (
    <nav aria-label={t("shell.menu")}>
      <Menu
        mode="inline"
        selectedKeys={[pathname]}
        items={items}
        onClick={onGo}
        style={{ borderInlineEnd: 0, padding: 8 }}
      />
    </nav>
  );
}

export function maySee(audience: Audience, role: "user" | "operator" | undefined): boolean {
  if (audience === "everybody") return true;
  return audience === "user" ? role !== undefined : role === "operator";
}

function itemOf(page: Page, label: string) {
  return { key: page.path, label: <Link to={page.path}>{label}</Link> };
}
