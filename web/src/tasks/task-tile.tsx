import { Card, Image, Progress, Tag, Typography } from "antd";
import { useTranslation } from "react-i18next";

import type { Schemas } from "../api/client";
import { useMoney } from "../parts/money";
import { useWhen } from "../parts/when";
import { filesOf } from "./files";

const STATES: Record<string, string> = {
  SUCCESS: "SUCCESS",
  FAILURE: "FAILURE",
  CANCEL: "CANCEL",
};

/** A task with all that it made: pictures to look at, sound and film to play. */
export function TaskTile({ task }: { task: Schemas["TaskView"] }) {
  const money = useMoney();
  const when = useWhen();
  const { t } = useTranslation();
  const prompt = typeof task.result["prompt"] === "string" ? task.result["prompt"] : task.model;
  const state = STATES[task.status] ?? "IN_PROGRESS";
  const colour = { SUCCESS: "green", IN_PROGRESS: "blue" }[state] ?? "red";
  return (
    <Card
      size="small"
      title={`${task.kind} · ${task.action}`}
      extra={<Tag color={colour}>{t(`tasks.state.${state}`)}</Tag>}
    >
      <Pictures urls={filesOf(task, "image")} prompt={prompt} />
      {filesOf(task, "audio").map((url) => (
        <audio
          key={url}
          controls
          preload="none"
          src={url}
          aria-label={prompt}
          style={{ width: "100%" }}
        />
      ))}
      {filesOf(task, "video").map((url) => (
        <video
          key={url}
          controls
          preload="none"
          src={url}
          aria-label={prompt}
          style={{ width: "100%" }}
        />
      ))}
      {!task.finished_at && (
        <Progress percent={task.progress} aria-label={t("playground.progress")} />
      )}
      <Typography.Paragraph ellipsis={{ rows: 2, tooltip: prompt }} style={{ margin: "8px 0" }}>
        {prompt}
      </Typography.Paragraph>
      {task.error && <Typography.Paragraph type="danger">{task.error}</Typography.Paragraph>}
      <small>
        {when(task.created_at)} · {money(task.charge ?? task.held)}
      </small>
    </Card>
  );
}

/** The first one large; the others are turned to from it. */
function Pictures({ urls, prompt }: { urls: string[]; prompt: string }) {
  const [first, ...others] = urls;
  if (first === undefined) return null;
  return (
    <Image.PreviewGroup>
      <Image src={first} alt={prompt} style={{ width: "100%" }} loading="lazy" />
      {others.map((url) => (
        <Image key={url} src={url} alt={prompt} width={48} height={48} loading="lazy" />
      ))}
    </Image.PreviewGroup>
  );
}
