import { Modal } from "antd";
import { useTranslation } from "react-i18next";

import { Code } from "./code";

/** A secret that was just made, to be copied now or never. */
export function Once({
  text,
  label,
  title,
  onClose,
}: {
  text: string | undefined;
  label: string;
  title?: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      open={text !== undefined}
      title={title ?? t("tokens.once")}
      footer={null}
      onCancel={onClose}
    >
      <Code text={text ?? ""} label={label} />
    </Modal>
  );
}
