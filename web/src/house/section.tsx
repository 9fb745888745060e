import { Button, Card, Form } from "antd";
import { useTranslation } from "react-i18next";

import { FaultNote } from "../parts/fault";
import { type Field, fromForm, toForm, type Values } from "../parts/field";
import { Fields } from "../parts/fields";
import { useAct } from "../parts/act";
import { useSubmit } from "../parts/submit";

/** One part of the settings, put whole. */
export function Section({
  title,
  name,
  fields,
  value,
  put,
}: {
  title: string;
  /** Of its own on the page, since the fields of all sections are there at once. */
  name: string;
  fields: readonly Field[];
  value: Values;
  put: (body: Values) => Promise<unknown>;
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
        name={name}
        layout="vertical"
        initialValues={Object.fromEntries(
          fields.map(({ name, kind }) => [name, toForm(kind, value[name])]),
        )}
        onFinish={(typed) => void save(typed)}
      >
        <Fields of={fields} />
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
