// What this site offers, and what it costs in each group.
import { useQuery } from "@tanstack/react-query";

import { call } from "../api/call";

export interface Offer {
  model_name: string;
  enable_groups: string[];
  official_price?: Prices;
  group_prices?: Record<string, Prices>;
}

/** USD by kind: per 1,000,000 tokens, `per_call`, `per_image`, `image:<size>:<quality>`. */
export type Prices = Record<string, string>;

export interface Pricing {
  data: Offer[];
  group_ratio: Record<string, number>;
  usable_group: Record<string, string>;
}

export function usePricing() {
  return useQuery({ queryKey: ["pricing"], queryFn: () => call<Pricing>("/api/pricing"), staleTime: 60_000 });
}

/** The price of an offer in a group; without a group, the official one. */
export function priceOf(offer: Offer, group: string | undefined): Prices | undefined {
  return group === undefined ? offer.official_price : offer.group_prices?.[group];
}
