import { Alert, Button, Flex, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

import type { Schemas } from "../api/client";
import { Code } from "../parts/code";
import { keepKey } from "../playground/key";

/** A key, shown this once, and what to do with it. */
export function Made({ token, onClose }: { token: Schemas["TokenView"]; onClose: () => void }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const key = token.key ?? "";
  const leave = (path: string) => {
    keepKey(key);
    void go(path);
  };
  return (
    <Modal open title={t("tokens.made", { name: token.name })} footer={null} onCancel={onClose}>
      <Alert type="warning" showIcon title={t("tokens.once")} style={{ marginBottom: 12 }} />
      <Code text={key} label={t("tokens.key")} />
      <Flex wrap gap="small" style={{ marginTop: 16 }}>
        <Button type="primary" onClick={() => leave("/console/playground")}>
          {t("tokens.try")}
        </Button>
        <Button onClick={() => leave("/console/setup")}>{t("tokens.setUp")}</Button>
        <Button onClick={onClose}>{t("form.close")}</Button>
      </Flex>
    </Modal>
  );
}
