import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex } from "antd";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { useAct } from "../parts/act";
import { SureButton } from "../parts/sure-button";
import { useSite } from "../shell/site";

/** Accounts elsewhere that open this one. */
export function Identities() {
  const { t } = useTranslation();
  const { providers } = useSite();
  const act = useAct("identities");
  const { data } = useQuery({
    queryKey: ["identities"],
    queryFn: () => told(api.GET("/api/v1/me/identities")),
  });
  if (providers.length === 0) return null;
  const add = (provider: string) =>
    act(async () =>
      window.location.assign(
        (
          await told(
            api.POST("/api/v1/me/identities/{provider}", { params: { path: { provider } } }),
          )
        ).url,
      ),
    );
  return (
    <Card size="small" title={t("profile.identities")}>
      {providers.map(({ name, title }) => {
        const known = data?.data.find((one) => one.provider === name);
        return (
          <Flex key={name} justify="space-between" style={{ padding: "4px 0" }}>
            <span>
              {title} {known?.email}
            </span>
            {known ? (
              <SureButton
                onSure={() =>
                  void act(() =>
                    api.DELETE("/api/v1/me/identities/{provider}", {
                      params: { path: { provider: name } },
                    }),
                  )
                }
              >
                {t("act.delete")}
              </SureButton>
            ) : (
              <Button size="small" onClick={() => void add(name)}>
                {t("act.add")}
              </Button>
            )}
          </Flex>
        );
      })}
    </Card>
  );
}
