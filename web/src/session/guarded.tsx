import { Result, Spin } from "antd";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useLocation } from "react-router";

import type { Audience } from "../pages";
import { useSession } from "./provider";

/** A page for those who may see it; strangers are led to the sign-in and back. */
export function guarded(audience: Audience, Page: ComponentType): ComponentType {
  if (audience === "everybody") return Page;
  return function Guarded() {
    const { t } = useTranslation();
    const { known } = useSession();
    const { pathname, search } = useLocation();
    if (known.state === "asking") return <Spin style={{ display: "block", margin: 48 }} />;
    if (known.state === "nobody")
      return (
        <Navigate to={`/console/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />
      );
    if (audience === "operator" && known.account.role !== "operator")
      return <Result status="403" title={t("session.operatorsOnly")} />;
    return <Page />;
  };
}
