import { Button, Card, Form } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { FaultNote } from "../parts/fault";
import { type Field, fromForm, toForm, type Values } from "../parts/field";
import { Fields } from "../parts/fields";
import { useAct } from "../parts/act";

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
  const [fault, setFault] = useState<unknown>();
  const save = (typed: Values) =>
    act(async () => {
      setFault(undefined);
      const body = Object.fromEntries(
        fields.map(({ name, kind }) => [name, fromForm(kind, typed[name])]),
      );
      await put({ ...value, ...body }).catch((refused: unknown) => {
        setFault(refused);
        throw refused;
      });
    });
  return (
    <Card size="small" title={title} style={{ marginBottom: 16 }}>
      <Form<Values>
        layout="vertical"
        initialValues={Object.fromEntries(
          fields.map(({ name, kind }) => [name, toForm(kind, value[name])]),
        )}
        onFinish={(typed) => void save(typed)}
      >
        <Fields of={fields} />
        {children}
        <FaultNote fault={fault} />
        <Button type="primary" htmlType="submit">
          {t("form.save")}
        </Button>
      </Form>
    </Card>
  );
}
