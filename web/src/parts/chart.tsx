// A chart of bars or lines. Its library is large, so it comes by itself and late.
import { Skeleton } from "antd";
import { lazy, Suspense } from "react";

export interface Series {
  name: string;
  values: readonly number[];
  kind?: "bar" | "line";
}

const Drawn = lazy(() => import("./drawn-chart"));

export function Chart({
  label,
  names,
  series,
}: {
  label: string;
  names: readonly string[];
  series: readonly Series[];
}) {
  return (
    <Suspense fallback={<Skeleton active paragraph={{ rows: 6 }} title={false} />}>
      <Drawn label={label} names={names} series={series} />
    </Suspense>
  );
}
