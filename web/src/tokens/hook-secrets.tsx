import { Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useAct } from "../parts/act";
import { Code } from "../parts/code";
import { SureButton } from "../parts/sure-button";
import { useWhen } from "../parts/when";

/** What signs the messages of a token's hooks. Asks for a proof of who it is first. */
export function HookSecret({ token }: { token: Schemas["TokenView"] }) {
  const { t } = useTranslation();
  const when = useWhen();
  const act = useAct();
  const [shown, setShown] = useState<Schemas["HookSecrets"]>();
  const path = { token: String(token.id) };
  const at = "/api/v1/tokens/{token}/hook_secrets";
  return (
    <>
      <SureButton
        ask={t("tokens.hookAbout")}
        onSure={() => void act(async () => setShown(await told(api.GET(at, { params: { path } }))))}
      >
        {t("tokens.hook")}
      </SureButton>
      <Modal
        open={shown !== undefined}
        title={`${t("tokens.hook")}: ${token.name}`}
        footer={null}
        onCancel={() => setShown(undefined)}
      >
        <p>{t("tokens.hookAbout")}</p>
        <Code text={shown?.secrets[0] ?? ""} label={t("tokens.hook")} />
        {shown?.old_until && <p>{t("tokens.hookOld", { at: when(shown.old_until) })}</p>}
        <SureButton
          style={{ marginTop: 12 }}
          ask={t("tokens.hookTurnAsk")}
          onSure={() =>
            void act(async () => setShown(await told(api.POST(at, { params: { path } }))))
          }
        >
          {t("tokens.hookTurn")}
        </SureButton>
      </Modal>
    </>
  );
}
