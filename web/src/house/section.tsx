import { Button, Card, Form } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { FaultNote } from "../parts/fault";
import { type Field, fromForm, toForm, type Values } from "../parts/field";
import { Fields } from "../parts/fields";
import { useAct } from "../parts/act";
import { useSubmit } from "../parts/submit";

/** One part of the settings, put whole. */
export function Section({
  title,
  fields,
  value,
  put,
  children,
}: {
  title: string;
  fields: readonly Field[];
  value: Values;
  put: (body: Values) => Promise<unknown>;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const act = useAct("settings", "site");
  const [form] = Form.useForm<Values>();
  const { submit, busy, fault } = useSubmit(
    form,
    fields.map(({ name }) => name),
  );
  const save = async (typed: Values) => {
    const body = Object.fromEntries(
      fields.map(({ name, kind }) => [name, fromForm(kind, typed[name])]),
    );
    if (await submit(() => put({ ...value, ...body }))) await act(() => Promise.resolve());
  };
  return (
    <Card size="small" title={title} style={{ marginBottom: 16 }}>
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={Object.fromEntries(
          fields.map(({ name, kind }) => [name, toForm(kind, value[name])]),
        )}
        onFinish={(typed) => void save(typed)}
      >
        <Fields of={fields} />
        {children}
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
