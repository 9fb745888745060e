import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";

import { api, told } from "../api/client";
import { Prose } from "../parts/prose";

const LEVELS = { info: "info", warning: "warning", critical: "error" } as const;

/** The operator's announcements that are in force. */
export function News() {
  const { data } = useQuery({
    queryKey: ["news"],
    queryFn: () => told(api.GET("/api/v1/news")),
    staleTime: 60_000,
  });
  return (data?.data ?? []).map((one) => (
    <Alert
      key={one.id}
      type={LEVELS[one.level]}
      showIcon
      title={one.title}
      description={one.body ? <Prose text={one.body} /> : undefined}
      style={{ marginBottom: 12 }}
      closable={!one.pinned}
    />
  ));
}
