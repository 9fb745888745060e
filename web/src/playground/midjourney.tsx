import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../api/call";
import { FaultNote } from "../parts/fault";
import { useKey } from "./key";
import { NEEDS_WINDOW, submit, type Task, Unaccepted } from "./midjourney-call";
import { TaskCard } from "./task-card";

export function MidjourneyTrial() {
  const { t } = useTranslation();
  const key = useKey();
  const [prompt, setPrompt] = useState("");
  const [ids, setIds] = useState<string[]>([]);
  const [asking, setAsking] = useState<string>();
  const add = (id: string | undefined) =>
    id && setIds((before) => [id, ...before.filter((known) => known !== id)]);

  const imagine = useMutation({
    mutationFn: () => submit(key, "imagine", { prompt }),
    onSuccess: (reply) => add(reply.result),
  });
  const press = useMutation({
    mutationFn: ({ task, customId }: { task: Task; customId: string }) =>
      submit(key, "action", { taskId: task.id, customId }),
    onSuccess: (reply) =>
      reply.code === NEEDS_WINDOW ? setAsking(reply.result) : add(reply.result),
  });
  const confirm = useMutation({
    mutationFn: (text: string) => submit(key, "modal", { taskId: asking, prompt: text }),
    onSuccess: (reply) => {
      setAsking(undefined);
      add(reply.result);
    },
  });

  return (
    <Form layout="vertical" component="div">
      <Form.Item label={t("playground.prompt")} htmlFor="mj-prompt">
        <Input.TextArea
          id="mj-prompt"
          value={prompt}
          onChange={(change) => setPrompt(change.target.value)}
          autoSize={{ minRows: 2 }}
        />
      </Form.Item>
      <Button
        type="primary"
        loading={imagine.isPending}
        disabled={!key || !prompt.trim()}
        onClick={() => imagine.mutate()}
      >
        {t("playground.imagine")}
      </Button>
      <div style={{ margin: "16px 0" }} aria-live="polite">
        {[imagine.error, press.error, confirm.error].map((fault, place) => (
          <Told key={place} fault={fault} />
        ))}
      </div>
      {ids.map((id) => (
        <TaskCard
          key={id}
          id={id}
          onPress={(task, customId) => press.mutate({ task, customId })}
          busy={press.isPending}
        />
      ))}
      <WindowText
        open={asking !== undefined}
        first={prompt}
        busy={confirm.isPending}
        onText={(text) => confirm.mutate(text)}
        onClose={() => setAsking(undefined)}
      />
    </Form>
  );
}

function Told({ fault }: { fault: unknown }) {
  if (fault instanceof Unaccepted && !(fault instanceof Refusal))
    return <Alert role="alert" type="warning" showIcon title={fault.message} />;
  return <FaultNote fault={fault} />;
}

function WindowText({
  open,
  first,
  busy,
  onText,
  onClose,
}: {
  open: boolean;
  first: string;
  busy: boolean;
  onText: (text: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState<string>();
  return (
    <Modal
      open={open}
      title={t("playground.windowTitle")}
      okText={t("playground.send")}
      confirmLoading={busy}
      onOk={() => onText(text ?? first)}
      onCancel={onClose}
    >
      <label htmlFor="mj-window">{t("playground.prompt")}</label>
      <Input.TextArea
        id="mj-window"
        value={text ?? first}
        onChange={(change) => setText(change.target.value)}
        autoSize={{ minRows: 2 }}
      />
    </Modal>
  );
}
