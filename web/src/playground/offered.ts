// The models that a key may ask for, by name: a pattern is no name.
import { useQuery } from "@tanstack/react-query";

import { call } from "../api/call";

export function useOffered(key: string) {
  return useQuery({
    queryKey: ["offered", key],
    enabled: key.length >= 20,
    queryFn: async () => {
      const list = await call<{ data: { id: string }[] }>("/v1/models", { key });
      return list.data
        .map((model) => model.id)
        .filter((name) => !name.endsWith("*"))
        .sort();
    },
  });
}
