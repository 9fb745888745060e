import { Table as Drawn, type TableProps } from "antd";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

/** A table that scrolls within itself where it is too wide, by keyboard too. */
export function Table<Row extends object>(props: TableProps<Row>) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const content = place.current?.querySelector<HTMLElement>(".ant-table-content");
    if (!content) return;
    content.tabIndex = 0;
    content.setAttribute("role", "region");
    content.setAttribute("aria-label", t("list.table"));
  });
  return (
    <div ref={place}>
      <Drawn<Row> size="middle" pagination={false} scroll={{ x: "max-content" }} {...props} />
    </div>
  );
}
