import { useTranslation } from "react-i18next";

import { Heading } from "../parts/heading";
import { Prose } from "../parts/prose";
import { useSite } from "../shell/site";

export default function Terms() {
  const { t } = useTranslation();
  const { terms, privacy, contact } = useSite();
  return (
    <div style={{ maxWidth: 820 }}>
      <Heading title={t("session.terms")} about={contact} />
      <Prose text={terms || t("site.noTerms")} />
      {privacy && (
        <section aria-label={t("field.privacy")}>
          <Prose text={privacy} />
        </section>
      )}
    </div>
  );
}
