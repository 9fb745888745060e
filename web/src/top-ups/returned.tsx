import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert } from "antd";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import { api, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { useMoney } from "../parts/money";

const LOOK_MS = 2_000;
const LEVELS = { pending: "info", paid: "success", expired: "warning", refunded: "info" } as const;

const CODE = { display: "block", width: 220, maxWidth: "100%", background: "#fff" };

/** Back from the provider's page: whether it was paid is the server's word, not the address's. */
export function Returned() {
  const { t } = useTranslation();
  const money = useMoney();
  const queries = useQueryClient();
  const number = useSearchParams()[0].get("top_up") ?? "";
  const { data, error } = useQuery({
    queryKey: ["top-up", number],
    enabled: number !== "",
    queryFn: () => told(api.GET("/api/v1/me/top-ups/{number}", { params: { path: { number } } })),
    refetchInterval: (query) => (query.state.data?.state === "pending" ? LOOK_MS : false),
  });
  const isPaid = data?.state === "paid";
  useEffect(() => {
    if (!isPaid) return;
    for (const name of ["me", "wallet", "own-top-ups", "dashboard"])
      void queries.invalidateQueries({ queryKey: [name] });
  }, [isPaid, queries]);
  if (!number) return null;
  return (
    <div aria-live="polite" style={{ marginBottom: 16 }}>
      <FaultNote fault={error} />
      {data && (
        <Alert
          type={LEVELS[data.state]}
          showIcon
          title={t(`topUps.told.${data.state}`, { amount: money(data.credit) })}
          description={
            <>
              {data.state === "pending" && data.code_image && (
                <>
                  <div>{t("topUps.scan")}</div>
                  <img src={data.code_image} alt={t("topUps.code")} style={CODE} />
                </>
              )}
              <small>{data.number}</small>
            </>
          }
        />
      )}
    </div>
  );
}
