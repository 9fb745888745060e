import { Button, Result } from "antd";
import { useTranslation } from "react-i18next";

/** A page that failed to load or to draw, most often after an upgrade under an open tab. */
export function Broken() {
  const { t } = useTranslation();
  return (
    <Result
      status="warning"
      title={t("shell.broken")}
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("shell.reload")}
        </Button>
      }
    />
  );
}
