// What the operator says of this site: its name, its pages, its currency and where programs reach it.
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect } from "react";

import { api, type Schemas, told } from "../api/client";

export interface Site extends Required<Schemas["Site"]> {
  version: string;
  /** Where programs send requests, without a path. */
  address: string;
  registration: "open" | "invited" | "closed";
  captcha: boolean;
  sendsMail: boolean;
  providers: Schemas["ProviderOption"][];
}

const UNKNOWN: Site = {
  name: "",
  logo: "",
  home: "",
  footer: "",
  terms: "",
  privacy: "",
  contact: "",
  docs_url: "",
  nextchat_url: "",
  display_currency: "USD",
  display_rate: "1",
  public_pricing: true,
  version: "",
  address: window.location.origin,
  registration: "closed",
  captcha: false,
  sendsMail: false,
  providers: [],
};
const Context = createContext<Site>(UNKNOWN);

export function useSite(): Site {
  return useContext(Context);
}

export function SiteProvider({ children }: { children: ReactNode }) {
  const { data } = useQuery({
    queryKey: ["site"],
    queryFn: () => told(api.GET("/api/v1/site")),
    staleTime: 60_000,
  });
  const site = data ? siteOf(data) : UNKNOWN;
  useEffect(() => {
    if (site.name) document.title = site.name;
    if (site.logo) document.querySelector("link[rel=icon]")?.setAttribute("href", site.logo);
  }, [site.name, site.logo]);
  return <Context value={site}>{children}</Context>;
}

function siteOf(view: Schemas["SiteView"]): Site {
  return {
    ...UNKNOWN,
    ...view.site,
    version: view.version,
    address: (view.api_base || window.location.origin).replace(/\/+$/, ""),
    registration: view.registration,
    captcha: view.captcha,
    sendsMail: view.sends_mail,
    providers: view.providers,
  };
}
