import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Drawer, Form, Space } from "antd";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";

import { FaultNote } from "./fault";
import { bodyOf, type Field, toForm, type Values } from "./field";
import { Fields } from "./fields";
import { useSubmit } from "./submit";

interface Asked {
  title: string;
  fields: readonly Field[];
  /** What few need: folded away. */
  further?: readonly Field[];
  /** What is there; absent: something new. */
  before?: Values | undefined;
  /** A file says it: to be read only. */
  managed?: boolean;
  save: (body: Values) => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}

/** A form at the side. It is there while it is open. */
export function Editor({
  title,
  fields: main,
  further = [],
  before,
  managed = false,
  save,
  onClose,
  children,
}: Asked) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const fields = [...main, ...further];
  const [form] = Form.useForm<Values>();
  const folded = useRef<HTMLDetailsElement>(null);
  const { submit, busy, fault } = useSubmit(
    form,
    fields.map(({ name }) => name),
  );
  const first = Object.fromEntries(
    fields.map(({ name, kind, start }) => [name, toForm(kind, before ? before[name] : start)]),
  );
  /** What is wrong in the folded part is not seen while it is folded. */
  const unfold = () => {
    const wrong = form.getFieldsError().filter(({ errors }) => errors.length > 0);
    if (folded.current && wrong.some(({ name }) => further.some((one) => one.name === name[0])))
      folded.current.open = true;
  };
  const send = async (typed: Values) => {
    const done = await submit(() => save(bodyOf(fields, typed, before)));
    if (!done) return unfold();
    // What is chosen from elsewhere, such as the names of groups, may be another now.
    void queries.invalidateQueries();
    onClose();
  };
  return (
    <Drawer
      open
      title={title}
      size="min(560px, 100vw)"
      onClose={onClose}
      footer={
        <Space>
          <Button type="primary" loading={busy} disabled={managed} onClick={() => form.submit()}>
            {t("form.save")}
          </Button>
          <Button onClick={onClose}>{t("form.cancel")}</Button>
        </Space>
      }
    >
      {managed && (
        <Alert type="info" showIcon title={t("form.managed")} style={{ marginBottom: 16 }} />
      )}
      <Form<Values>
        form={form}
        name="editor"
        layout="vertical"
        initialValues={first}
        onFinish={(typed) => void send(typed)}
        onFinishFailed={unfold}
        scrollToFirstError={{ focus: true }}
      >
        <Fields of={main} disabled={managed} />
        {children}
        {further.length > 0 && (
          <details className="further" ref={folded}>
            <summary>{t("form.further")}</summary>
            <Fields of={further} disabled={managed} />
          </details>
        )}
        <FaultNote fault={fault} />
        <button type="submit" hidden />
      </Form>
    </Drawer>
  );
}
