import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as Antd, ConfigProvider } from "antd";
import english from "antd/locale/en_US";
import chinese from "antd/locale/zh_CN";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { RouterProvider } from "react-router/dom";

import { Refusal } from "./api/call";
import { makeRouter } from "./router";
import { ProofDialog } from "./session/proof-dialog";
import { SessionProvider } from "./session/provider";
import { SiteProvider } from "./shell/site";
import { useScheme } from "./shell/preferences";
import { THEMES } from "./shell/theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; what did not arrive may arrive.
      retry: (failures, fault) => failures < 2 && !(fault instanceof Refusal && fault.status < 500),
    },
  },
});

export function App() {
  const scheme = useScheme();
  const { i18n } = useTranslation();
  const router = useMemo(() => makeRouter(), []);
  useEffect(() => {
    document.documentElement.style.colorScheme = scheme;
  }, [scheme]);
  return (
    <ConfigProvider locale={i18n.language === "zh" ? chinese : english} theme={THEMES[scheme]}>
      <Antd>
        <QueryClientProvider client={queries}>
          <SiteProvider>
            <SessionProvider>
              <RouterProvider router={router} />
              <ProofDialog />
            </SessionProvider>
          </SiteProvider>
        </QueryClientProvider>
      </Antd>
    </ConfigProvider>
  );
}
