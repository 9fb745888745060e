// How far a new site has come, read from what is there; nothing is remembered elsewhere.
import { useQuery } from "@tanstack/react-query";

import { api, type Schemas, told } from "../api/client";

export interface State {
  /** The newest that is no demo. */
  channel: Schemas["ChannelView"] | undefined;
  answered: boolean;
  groups: Schemas["GroupView"][];
  /** Models that are offered and have no price. */
  unpriced: string[];
  settings: Schemas["SettingsView"];
  receivers: number;
}

export function useFirstSteps() {
  return useQuery({ queryKey: ["channels", "first-steps"], queryFn: read });
}

async function read(): Promise<State> {
  const [channels, groups, offered, settings, receivers, usage] = await Promise.all([
    told(api.GET("/api/v1/channels", { params: { query: { limit: 100 } } })),
    told(api.GET("/api/v1/groups", { params: { query: { limit: 100 } } })),
    told(api.GET("/api/v1/models")),
    told(api.GET("/api/v1/settings")),
    told(api.GET("/api/v1/alert-receivers")),
    told(api.GET("/api/v1/usage", { params: { query: { by: "channel" } } })),
  ]);
  const channel = channels.data.find((one) => one.vendor !== "demo" && one.enabled);
  const used = usage.data.find((one) => one.key === String(channel?.id));
  return {
    channel,
    answered: used !== undefined && used.requests > used.failures,
    groups: groups.data.filter((group) => channel?.groups.includes(group.name)),
    unpriced: offered.models
      .filter((one) => Object.keys(one.official).length === 0)
      .map((one) => one.model),
    settings,
    receivers: receivers.data.length,
  };
}
