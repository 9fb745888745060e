import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { Listing, rowsOf, usePages } from "../parts/listing";
import { useMoney } from "../parts/money";
import { useWhen } from "../parts/when";
import { topUpColumns } from "./columns";

/** One's orders; nothing where there never were any. */
export function OwnTopUps() {
  const { t } = useTranslation();
  const money = useMoney();
  const when = useWhen();
  const pages = usePages(["own-top-ups"], (cursor) =>
    told(api.GET("/api/v1/me/top-ups", { params: { query: { cursor } } })),
  );
  if (rowsOf(pages).length === 0) return null;
  return (
    <section aria-label={t("menu.topUps")}>
      <Listing<Schemas["TopUpView"]>
        pages={pages}
        rowKey="number"
        columns={[
          ...topUpColumns(t, money, when),
          {
            title: "",
            key: "act",
            render: (_, one) =>
              /^https?:\/\//.test(one.url) && (
                <a href={one.url} rel="noopener noreferrer">
                  {t("topUps.goOn")}
                </a>
              ),
          },
        ]}
      />
    </section>
  );
}
