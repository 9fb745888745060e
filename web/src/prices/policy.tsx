import { useQuery } from "@tanstack/react-query";
import { Switch } from "antd";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { useAct } from "../parts/act";

/** Whether a new version's prices count at once, or wait to be accepted. */
export function Policy() {
  const { t } = useTranslation();
  const act = useAct("catalogue-policy", "prices");
  const { data } = useQuery({
    queryKey: ["catalogue-policy"],
    queryFn: () => told(api.GET("/api/v1/settings/catalogue")),
  });
  if (!data) return null;
  return (
    <p>
      <Switch
        size="small"
        checked={data.follow ?? true}
        aria-label={t("proposals.follow")}
        onChange={(follow) =>
          void act(() => api.PUT("/api/v1/settings/catalogue", { body: { follow } }))
        }
      />{" "}
      {t("proposals.follow")}
    </p>
  );
}
