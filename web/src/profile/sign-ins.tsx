import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Tag } from "antd";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { useAct } from "../parts/act";
import { FaultNote } from "../parts/fault";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";

export function SignIns() {
  const { t } = useTranslation();
  const when = useWhen();
  const act = useAct("sessions");
  const { data, error } = useQuery({
    queryKey: ["sessions"],
    queryFn: () => told(api.GET("/api/v1/sessions")),
  });
  return (
    <Card
      size="small"
      title={t("profile.sessions")}
      extra={
        <SureButton onSure={() => void act(() => api.DELETE("/api/v1/sessions"))}>
          {t("profile.endOthers")}
        </SureButton>
      }
    >
      <FaultNote fault={error} />
      {data?.data.map((one) => (
        <Flex
          key={one.id}
          justify="space-between"
          align="center"
          gap="small"
          style={{ padding: "6px 0" }}
        >
          <span style={{ overflowWrap: "anywhere" }}>
            {one.current && <Tag color="green">{t("profile.here")}</Tag>}
            {one.peer} · {when(one.created_at)}
            <br />
            <small>{one.agent}</small>
          </span>
          {!one.current && (
            <Button
              size="small"
              onClick={() =>
                void act(() =>
                  api.DELETE("/api/v1/sessions/{session}", {
                    params: { path: { session: one.id } },
                  }),
                )
              }
            >
              {t("profile.end")}
            </Button>
          )}
        </Flex>
      ))}
    </Card>
  );
}
