import { App, Button, Flex, Form, Input, type InputProps } from "antd";
import { useTranslation } from "react-i18next";

import { FaultNote } from "./fault";
import { useSubmit } from "./submit";

/** One field that is sent alone, by its own button. clears: it is empty again afterwards. */
export function OneField({
  name,
  label,
  button,
  send,
  done,
  start = "",
  clears = false,
  disabled = false,
  input = {},
}: {
  name: string;
  label: string;
  button: string;
  send: (typed: string) => Promise<unknown>;
  done?: string;
  start?: string;
  clears?: boolean;
  disabled?: boolean;
  input?: InputProps;
}) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<Record<string, string>>();
  const { submit, busy, fault } = useSubmit(form, [name]);
  const onFinish = async (typed: Record<string, string>) => {
    if (!(await submit(() => send((typed[name] ?? "").trim())))) return;
    if (clears) form.resetFields();
    void message.success(done ?? t("act.done"));
  };
  return (
    <Form
      form={form}
      name={`only-${name}`}
      layout="vertical"
      requiredMark={false}
      initialValues={{ [name]: start }}
      disabled={disabled}
      onFinish={(typed) => void onFinish(typed)}
    >
      <Flex gap="small" align="end">
        <Form.Item
          name={name}
          label={label}
          rules={clears ? [{ required: true, message: t("form.needed", { what: label }) }] : []}
          style={{ flex: 1, marginBottom: 8 }}
        >
          <Input autoComplete="off" {...input} />
        </Form.Item>
        <Form.Item style={{ marginBottom: 8 }}>
          <Button htmlType="submit" loading={busy} type={clears ? "primary" : "default"}>
            {button}
          </Button>
        </Form.Item>
      </Flex>
      <FaultNote fault={fault} />
    </Form>
  );
}
