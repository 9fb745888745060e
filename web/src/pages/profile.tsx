import { useQuery } from "@tanstack/react-query";
import { Col, Row, Skeleton } from "antd";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { AccessTokens } from "../profile/access-tokens";
import { Email } from "../profile/email";
import { Identities } from "../profile/identities";
import { Password } from "../profile/password";
import { SecondFactor } from "../profile/second-factor";
import { SignIns } from "../profile/sign-ins";

export default function Profile() {
  const { t } = useTranslation();
  const { data: me, error } = useQuery({
    queryKey: ["me"],
    queryFn: () => told(api.GET("/api/v1/me")),
  });
  return (
    <>
      <Heading title={t("menu.profile")} />
      <FaultNote fault={error} />
      {!me && !error && <Skeleton active />}
      {me && (
        <Row gutter={[16, 16]}>
          {[
            <Email key="email" me={me} />,
            <Password key="password" me={me} />,
            <SecondFactor key="factor" me={me} />,
            <SignIns key="sessions" />,
            <Identities key="identities" />,
          ].map((card) => (
            <Col key={card.key} xs={24} xl={12}>
              {card}
            </Col>
          ))}
          <Col span={24}>
            <AccessTokens />
          </Col>
        </Row>
      )}
    </>
  );
}
