import { useQuery } from "@tanstack/react-query";

import { api, told } from "../api/client";

/** The first hundred groups, for choices. */
export function useGroupNames(): string[] {
  const { data } = useQuery({
    queryKey: ["groups", "names"],
    queryFn: () => told(api.GET("/api/v1/groups", { params: { query: { limit: 100 } } })),
    staleTime: 30_000,
  });
  return data?.data.map((group) => group.name) ?? [];
}
