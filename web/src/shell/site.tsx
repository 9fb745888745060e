// What the operator says of this site: its name and where programs reach it.
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect } from "react";

import { call } from "../api/call";

export interface Site {
  name: string;
  version: string;
  /** Where programs send requests, without a path. */
  address: string;
}

interface Status {
  data: { system_name: string; version: string; server_address: string };
}

const UNKNOWN: Site = { name: "", version: "", address: window.location.origin };
const Context = createContext<Site>(UNKNOWN);

export function useSite(): Site {
  return useContext(Context);
}

export function SiteProvider({ children }: { children: ReactNode }) {
  const status = useQuery({ queryKey: ["site"], queryFn: () => call<Status>("/api/status"), staleTime: 60_000 });
  const told = status.data?.data;
  const site: Site = told
    ? {
        name: told.system_name,
        version: told.version,
        address: (told.server_address || window.location.origin).replace(/\/+$/, ""),
      }
    : UNKNOWN;
  useEffect(() => {
    if (site.name) document.title = site.name;
  }, [site.name]);
  return <Context value={site}>{children}</Context>;
}
