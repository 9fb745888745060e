// How channels fared over the last day, from real traffic.
import { useQuery } from "@tanstack/react-query";

import { api, type Schemas, told } from "../api/client";

const DAY_MS = 86_400_000;

export function useLastDay(): ReadonlyMap<string, Schemas["UsageView"]> {
  const { data } = useQuery({
    queryKey: ["usage", "channel", "day"],
    queryFn: () => {
      const since = new Date(Date.now() - DAY_MS).toISOString();
      return told(api.GET("/api/v1/usage", { params: { query: { by: "channel", since } } }));
    },
    refetchInterval: 30_000,
  });
  return new Map((data?.data ?? []).map((one) => [one.key, one]));
}
