import { Button, Divider } from "antd";
import { useTranslation } from "react-i18next";

import { useSite } from "../shell/site";
import { expectSession } from "./provider";

/** Ways to sign in at another site, where the operator set some up. alone: there is no other way. */
export function Elsewhere({
  next,
  invitation = "",
  alone = false,
}: {
  next: string;
  invitation?: string;
  alone?: boolean;
}) {
  const { t } = useTranslation();
  const { providers } = useSite();
  if (providers.length === 0) return null;
  return (
    <>
      {!alone && <Divider plain>{t("session.or")}</Divider>}
      {providers.map(({ name, title }) => (
        <Button
          key={name}
          block
          style={{ marginBottom: 8 }}
          onClick={expectSession}
          href={`/api/v1/sign-in/${name}?${new URLSearchParams({ return_to: next, invitation })}`}
        >
          {t("session.with", { title })}
        </Button>
      ))}
    </>
  );
}
