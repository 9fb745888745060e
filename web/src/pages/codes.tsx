import { useTranslation } from "react-i18next";

import { Invitations } from "../house/invitations";
import { RedemptionCodes } from "../house/redemption-codes";
import { Tabs } from "../parts/tabs";
import { Heading } from "../parts/heading";

export default function Codes() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("menu.codes")} />
      <Tabs
        label={t("menu.codes")}
        items={[
          { key: "codes", label: t("codes.codes"), children: <RedemptionCodes /> },
          { key: "invitations", label: t("codes.invitations"), children: <Invitations /> },
        ]}
      />
    </>
  );
}
