// The groups and models that this person may use.
import { useQuery } from "@tanstack/react-query";

import { api, type Schemas, told } from "../api/client";
import { useSession } from "../session/provider";

export function useOffers() {
  const { known } = useSession();
  const who = known.state === "somebody" ? known.account.id : 0;
  return useQuery({
    queryKey: ["models", who],
    enabled: known.state !== "asking",
    queryFn: () => told(api.GET("/api/v1/models")),
    staleTime: 60_000,
  });
}

export function groupOptions(offered: Schemas["ModelsOffered"] | undefined) {
  const own = (offered?.groups ?? []).filter((group) => group.usable);
  const auto = offered?.auto_groups.length
    ? [{ value: "auto", label: `auto (${offered.auto_groups.join(" → ")})` }]
    : [];
  return [
    ...own.map((group) => ({
      value: group.name,
      label: `${group.label || group.name} · ×${group.rate}`,
    })),
    ...auto,
  ];
}

export function modelOptions(offered: Schemas["ModelsOffered"] | undefined) {
  return (offered?.models ?? []).map(({ model }) => ({ value: model, label: model }));
}
