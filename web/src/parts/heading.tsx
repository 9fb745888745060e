import { Flex, Typography } from "antd";
import type { ReactNode } from "react";

/** A page's title, one line about it, and what can be done on it. */
export function Heading({
  title,
  about,
  children,
}: {
  title: string;
  about?: string;
  children?: ReactNode;
}) {
  return (
    <Flex wrap gap="small" align="flex-start" justify="space-between" style={{ marginBottom: 20 }}>
      <div>
        <Typography.Title level={1} style={{ fontSize: 24, margin: 0 }}>
          {title}
        </Typography.Title>
        {about && <Typography.Text type="secondary">{about}</Typography.Text>}
      </div>
      {children}
    </Flex>
  );
}
