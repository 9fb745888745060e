import {
  type InfiniteData,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { Button, Empty, Flex, type TableProps } from "antd";
import { Table } from "./table";
import { useTranslation } from "react-i18next";

import { FaultNote } from "./fault";

interface Page<Row> {
  data: Row[];
  next_cursor?: string | null;
}

export type Pages<Row> = UseInfiniteQueryResult<InfiniteData<Page<Row>>>;

/** A list that the server gives piece by piece. fetch: the page after a cursor. anewMs: look again. */
export function usePages<Row>(
  key: readonly unknown[],
  fetch: (cursor: string) => Promise<Page<Row>>,
  anewMs: number | false = false,
): Pages<Row> {
  return useInfiniteQuery({
    queryKey: key,
    refetchInterval: anewMs,
    queryFn: ({ pageParam }) => fetch(pageParam),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export function rowsOf<Row>(pages: Pages<Row>): Row[] {
  return pages.data?.pages.flatMap((page) => page.data) ?? [];
}

interface Shown<Row> extends Pick<TableProps<Row>, "columns" | "rowKey" | "onRow" | "expandable"> {
  pages: Pages<Row>;
  empty?: string;
}

export function Listing<Row extends object>({ pages, empty, ...table }: Shown<Row>) {
  const { t } = useTranslation();
  return (
    <>
      <FaultNote fault={pages.error} />
      <Table<Row>
        size="middle"
        loading={pages.isPending}
        dataSource={rowsOf(pages)}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{
          emptyText: (
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty ?? t("list.empty")} />
          ),
        }}
        {...table}
      />
      <More pages={pages} />
    </>
  );
}

export function More<Row>({ pages }: { pages: Pages<Row> }) {
  const { t } = useTranslation();
  if (!pages.hasNextPage) return null;
  return (
    <Flex justify="center" style={{ marginTop: 16 }}>
      <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {t("list.more")}
      </Button>
    </Flex>
  );
}
