import { useQuery } from "@tanstack/react-query";
import { Button, Card, Flex, Image, Progress, Typography } from "antd";
import { useTranslation } from "react-i18next";

import { FaultNote } from "../parts/fault";
import { useKey } from "./key";
import { ended, look, type Task } from "./midjourney-call";

const LOOK_MS = 1000;

export function TaskCard({
  id,
  onPress,
  busy,
}: {
  id: string;
  onPress: (task: Task, customId: string) => void;
  busy: boolean;
}) {
  const { t } = useTranslation();
  const key = useKey();
  const { data: task, error } = useQuery({
    queryKey: ["task", id],
    queryFn: () => look(key, id),
    refetchInterval: (query) => (ended(query.state.data) ? false : LOOK_MS),
  });
  return (
    <Card
      size="small"
      title={<TaskTitle id={id} task={task} />}
      style={{ marginBottom: 16, maxWidth: 640 }}
    >
      <FaultNote fault={error} />
      {task && !ended(task) && (
        <Progress
          percent={Number.parseInt(task.progress) || 0}
          aria-label={t("playground.progress")}
        />
      )}
      {task?.imageUrl && (
        <Image alt={task.prompt} src={task.imageUrl} style={{ maxWidth: "100%" }} />
      )}
      {task?.failReason && (
        <Typography.Paragraph type="danger">{task.failReason}</Typography.Paragraph>
      )}
      <Flex wrap gap={6} style={{ marginTop: 12 }}>
        {task?.buttons?.map((button) => (
          <Button
            key={button.customId}
            size="small"
            disabled={busy}
            onClick={() => onPress(task, button.customId)}
            aria-label={nameOf(button)}
          >
            {signOf(button)} {button.label}
          </Button>
        ))}
      </Flex>
    </Card>
  );
}

function TaskTitle({ id, task }: { id: string; task: Task | undefined }) {
  return (
    <Typography.Text style={{ fontSize: 12 }}>
      {[task?.action, task?.status, id].filter(Boolean).join(" · ")}
    </Typography.Text>
  );
}

/** The protocol names pictures of its own here too, such as `upscale_1`; those are no signs. */
function signOf(button: Task["buttons"][number]): string {
  return /^[\x20-\x7e]*$/.test(button.emoji) ? "" : button.emoji;
}

/** Some buttons are a picture only; their id says what they do. */
function nameOf(button: Task["buttons"][number]): string {
  return button.label || (button.customId.split("::")[2] ?? button.customId);
}
