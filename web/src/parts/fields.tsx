import { Form, Input, InputNumber, Select, Switch } from "antd";
import { useTranslation } from "react-i18next";

import { type Field, fromForm } from "./field";

export function Fields({ of, disabled = false }: { of: readonly Field[]; disabled?: boolean }) {
  const { t } = useTranslation();
  return of.map((field) => {
    const label = t(`field.${field.label ?? field.name}`);
    return (
      <Form.Item
        key={field.name}
        name={field.name}
        label={label}
        extra={field.help && t(`help.${field.help}`)}
        valuePropName={field.kind === "switch" ? "checked" : "value"}
        rules={[
          { required: field.required ?? false, message: t("form.needed", { what: label }) },
          { validator: async (_, typed) => judge(field, typed, t(unreadableOf(field.kind))) },
        ]}
      >
        {inputOf(field, disabled)}
      </Form.Item>
    );
  });
}

function unreadableOf(kind: Field["kind"]): string {
  if (kind === "amount") return "form.amount";
  if (kind === "signed") return "form.signed";
  return kind === "pairs" || kind === "numbers" ? "form.pairs" : "form.unreadable";
}

async function judge(field: Field, typed: unknown, unreadable: string): Promise<void> {
  try {
    fromForm(field.kind, typed);
  } catch {
    throw new Error(unreadable);
  }
}

function inputOf({ kind, options = [] }: Field, disabled: boolean) {
  const choices = options.map((one) => ({ ...one }));
  switch (kind) {
    case "text":
      return <Input disabled={disabled} autoComplete="off" />;
    case "amount":
    case "signed":
      return <Input disabled={disabled} autoComplete="off" inputMode="decimal" />;
    case "secret":
      return <Input.Password disabled={disabled} autoComplete="new-password" />;
    case "long":
      return <Input.TextArea disabled={disabled} autoSize={{ minRows: 2, maxRows: 12 }} />;
    case "number":
      return <InputNumber disabled={disabled} style={{ width: "100%" }} />;
    case "switch":
      return <Switch disabled={disabled} />;
    case "words":
      return (
        <Select
          mode="tags"
          disabled={disabled}
          options={choices}
          tokenSeparators={[",", " ", "\n"]}
        />
      );
    case "several":
      return <Select mode="multiple" disabled={disabled} options={choices} />;
    case "choice":
      return (
        <Select disabled={disabled} options={choices} showSearch={{ optionFilterProp: "label" }} />
      );
    case "moment":
      return <Input type="datetime-local" disabled={disabled} />;
    case "lines":
      return (
        <Input.TextArea
          disabled={disabled}
          autoSize={{ minRows: 2, maxRows: 8 }}
          spellCheck={false}
        />
      );
    default:
      return (
        <Input.TextArea
          disabled={disabled}
          autoSize={{ minRows: 1, maxRows: 10 }}
          spellCheck={false}
          style={{ fontFamily: "monospace" }}
        />
      );
  }
}
