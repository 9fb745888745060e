import { useTranslation } from "react-i18next";

import { Requests } from "../log/requests";
import { Heading } from "../parts/heading";

export default function HouseLog() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("menu.houseLog")} about={t("log.houseAbout")} />
      <Requests house />
    </>
  );
}
