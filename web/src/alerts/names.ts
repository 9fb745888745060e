import type { Schemas } from "../api/client";

/** In the order in which they are shown. */
export const RULES: readonly Schemas["AlertView"]["rule"][] = [
  "channel_down",
  "key_parked",
  "channel_balance",
  "error_rate",
  "account_balance",
  "ledger_lag",
  "disk_full",
  "runner_stalled",
];
