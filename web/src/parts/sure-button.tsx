import { Button, type ButtonProps, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";

/** A button that asks first. */
export function SureButton({
  children,
  onSure,
  ask,
  ...button
}: Omit<ButtonProps, "onClick"> & { onSure: () => void; ask?: string }) {
  const { t } = useTranslation();
  return (
    <Popconfirm
      title={ask ?? t("act.sure")}
      onConfirm={onSure}
      okText={t("act.yes")}
      cancelText={t("act.no")}
      disabled={button.disabled ?? false}
    >
      <Button size="small" {...button}>
        {children}
      </Button>
    </Popconfirm>
  );
}
