import { Button, Result } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

export default function Missing() {
  const { t } = useTranslation();
  return (
    <Result
      status="404"
      title={t("missing.title")}
      extra={
        <Link to="/">
          <Button type="primary" tabIndex={-1}>
            {t("missing.home")}
          </Button>
        </Link>
      }
    />
  );
}
