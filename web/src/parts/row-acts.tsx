import { Button, Flex } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { SureButton } from "./sure-button";

/** What can be done with a row: its form, its end, and more where there is more. */
export function RowActs({
  onEdit,
  onDelete,
  children,
}: {
  onEdit: () => void;
  onDelete: () => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Flex gap={4}>
      {children}
      <Button size="small" onClick={onEdit}>
        {t("act.edit")}
      </Button>
      <SureButton danger onSure={onDelete}>
        {t("act.delete")}
      </SureButton>
    </Flex>
  );
}
