import { useTranslation } from "react-i18next";

import { Requests } from "../log/requests";
import { Heading } from "../parts/heading";

export default function Log() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("menu.log")} about={t("log.about")} />
      <Requests house={false} />
    </>
  );
}
