import { Typography } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { Prose } from "../parts/prose";
import { useSite } from "./site";

export function Footer() {
  const { t } = useTranslation();
  const { footer, contact, terms, privacy, docs_url } = useSite();
  if (!footer && !contact && !terms && !privacy && !docs_url) return null;
  return (
    <footer style={{ marginTop: 48 }}>
      {footer && <Prose text={footer} />}
      <Typography.Text type="secondary">
        {contact && (
          <span>
            {t("field.contact")}: {contact}{" "}
          </span>
        )}
        {(terms || privacy) && <Link to="/console/terms">{t("session.terms")} </Link>}
        {docs_url && (
          <a href={docs_url} rel="noopener noreferrer">
            {t("site.docs")}
          </a>
        )}
      </Typography.Text>
    </footer>
  );
}
