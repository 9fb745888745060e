import { useQueryClient } from "@tanstack/react-query";
import { Col, Empty, Row, Segmented, Skeleton, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, told } from "../api/client";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";
import { More, rowsOf, usePages } from "../parts/listing";
import { useOperator } from "../session/provider";
import { TaskTile } from "../tasks/task-tile";

export default function Tasks() {
  const { t } = useTranslation();
  const operator = useOperator();
  const queries = useQueryClient();
  const [status, setStatus] = useState("");
  const [all, setAll] = useState(false);
  const pages = usePages(["tasks", status, all], (cursor) =>
    told(
      api.GET("/api/v1/tasks", { params: { query: { status, mine: !all, cursor, limit: 24 } } }),
    ),
  );
  const tasks = rowsOf(pages);
  return (
    <>
      <Heading title={t("menu.tasks")} about={t("tasks.about")}>
        {operator && (
          <label>
            <Switch size="small" checked={all} onChange={setAll} aria-label={t("tasks.all")} />{" "}
            {t("tasks.all")}
          </label>
        )}
      </Heading>
      <Segmented
        aria-label={t("field.status")}
        value={status}
        style={{ marginBottom: 16 }}
        onChange={(next) => {
          setStatus(next);
          void queries.invalidateQueries({ queryKey: ["tasks"] });
        }}
        options={["", "IN_PROGRESS", "SUCCESS", "FAILURE"].map((one) => ({
          value: one,
          label: t(`tasks.state.${one || "all"}`),
        }))}
      />
      <FaultNote fault={pages.error} />
      {pages.isPending && <Skeleton active />}
      {!pages.isPending && tasks.length === 0 && <Empty description={t("tasks.none")} />}
      <Row gutter={[16, 16]}>
        {tasks.map((task) => (
          <Col key={task.id} xs={24} sm={12} lg={8} xl={6}>
            <TaskTile task={task} />
          </Col>
        ))}
      </Row>
      <More pages={pages} />
    </>
  );
}
