import { useTranslation } from "react-i18next";

/** A moment in the reader's own zone and language. */
export function useWhen(): (moment: string | null | undefined) => string {
  const { i18n } = useTranslation();
  return (moment) =>
    moment
      ? new Date(moment).toLocaleString(i18n.language === "zh" ? "zh-CN" : "en-GB", {
          dateStyle: "short",
          timeStyle: "medium",
        })
      : "–";
}
