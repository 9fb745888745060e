import { UserOutlined } from "@ant-design/icons";
import { Button, Dropdown, Grid } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";

import { useSession } from "../session/provider";

export function AccountCorner() {
  const { t } = useTranslation();
  const { known, signOut } = useSession();
  const go = useNavigate();
  const wide = Grid.useBreakpoint().md ?? true;
  if (known.state !== "somebody") {
    return (
      <Link to="/console/sign-in">
        <Button type="primary" tabIndex={-1}>
          {t("session.signIn")}
        </Button>
      </Link>
    );
  }
  const leave = async () => {
    await signOut();
    await go("/");
  };
  return (
    <Dropdown
      menu={{
        items: [
          { key: "profile", label: <Link to="/console/profile">{t("menu.profile")}</Link> },
          { key: "out", label: t("session.signOut"), onClick: () => void leave() },
        ],
      }}
      trigger={["click"]}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={known.account.email}>
        {wide ? known.account.email : null}
      </Button>
    </Dropdown>
  );
}
