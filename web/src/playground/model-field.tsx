import { AutoComplete, Form } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";

/** Free text, since a pattern may serve names that no list has. */
export function ModelField({
  offered,
  value,
  onChange,
}: {
  offered: readonly string[];
  value: string;
  onChange: (model: string) => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Form.Item label={t("playground.model")} htmlFor={id} style={{ marginBottom: 12 }}>
      <AutoComplete
        id={id}
        value={value}
        onChange={onChange}
        options={offered.map((model) => ({ value: model }))}
        showSearch={{
          filterOption: (typed, option) => String(option?.value ?? "").includes(typed),
        }}
        style={{ maxWidth: 420, width: "100%" }}
      />
    </Form.Item>
  );
}
