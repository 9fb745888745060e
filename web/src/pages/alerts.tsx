import { useTranslation } from "react-i18next";

import { Deliveries } from "../alerts/deliveries";
import { Found } from "../alerts/found";
import { Receivers } from "../alerts/receivers";
import { Rules } from "../alerts/rules";
import { Heading } from "../parts/heading";
import { Tabs } from "../parts/tabs";

export default function Alerts() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("menu.alerts")} about={t("alerts.about")} />
      <Tabs
        label={t("menu.alerts")}
        items={[
          { key: "found", label: t("alerts.found"), children: <Found /> },
          { key: "rules", label: t("alerts.rules"), children: <Rules /> },
          { key: "receivers", label: t("alerts.receivers"), children: <Receivers /> },
          { key: "deliveries", label: t("alerts.deliveries"), children: <Deliveries /> },
        ]}
      />
    </>
  );
}
