import { theme } from "antd";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use as register } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { Series } from "./chart";

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export default function DrawnChart({
  label,
  names,
  series,
}: {
  label: string;
  names: readonly string[];
  series: readonly Series[];
}) {
  const place = useRef<HTMLDivElement>(null);
  const { token } = theme.useToken();
  useEffect(() => {
    if (!place.current) return;
    const chart = init(place.current, null, { renderer: "svg" });
    const muted = { color: token.colorTextSecondary };
    chart.setOption({
      animation: false,
      textStyle: { color: token.colorText, fontFamily: token.fontFamily },
      color: [token.colorPrimary, token.colorError, token.colorWarning],
      tooltip: {
        trigger: "axis",
        backgroundColor: token.colorBgElevated,
        textStyle: { color: token.colorText },
      },
      legend: { textStyle: muted, top: 0 },
      grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: [...names], axisLabel: muted },
      yAxis: {
        type: "value",
        axisLabel: muted,
        splitLine: { lineStyle: { color: token.colorBorderSecondary } },
      },
      series: series.map(({ name, values, kind = "bar" }) => ({
        name,
        type: kind,
        data: [...values],
        barMaxWidth: 36,
        stack: kind === "bar" ? "all" : "",
      })),
    });
    const fit = new ResizeObserver(() => chart.resize());
    fit.observe(place.current);
    return () => {
      fit.disconnect();
      chart.dispose();
    };
  }, [names, series, token]);
  return <div ref={place} role="img" aria-label={label} style={{ width: "100%", height: 260 }} />;
}
