import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as Antd, ConfigProvider, theme } from "antd";
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

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; what did not arrive may arrive.
      retry: (failures, fault) => failures < 2 && !(fault instanceof Refusal && fault.status < 500),
    },
  },
});

const COLOURS = {
  light: {
    colorPrimary: "#0b6b5d",
    colorLink: "#0b6b5d",
    colorPrimaryBg: "#e3f3ef",
    borderRadius: 8,
  },
  dark: { colorPrimary: "#157a6c", colorLink: "#5cc4b3", borderRadius: 8 },
};

/** Where the dark theme writes in the colour that buttons are filled with, it takes a lighter one. */
const BRIGHT = "#5cc4b3";
const DARK_PARTS = {
  Menu: { itemSelectedColor: BRIGHT },
  Tabs: {
    itemSelectedColor: BRIGHT,
    itemHoverColor: BRIGHT,
    itemActiveColor: BRIGHT,
    inkBarColor: BRIGHT,
  },
};

export function App() {
  const scheme = useScheme();
  const { i18n } = useTranslation();
  const router = useMemo(() => makeRouter(), []);
  useEffect(() => {
    document.documentElement.style.colorScheme = scheme;
  }, [scheme]);
  return (
    <ConfigProvider
      locale={i18n.language === "zh" ? chinese : english}
      theme={{
        algorithm: scheme === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
        token: COLOURS[scheme],
        components: scheme === "dark" ? DARK_PARTS : {},
      }}
    >
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
