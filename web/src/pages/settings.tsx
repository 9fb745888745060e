import { useQuery } from "@tanstack/react-query";
import { Button, Flex, Skeleton } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { useGroupNames } from "../groups/names";
import { Section } from "../house/section";
import { useAct } from "../parts/act";
import { FaultNote } from "../parts/fault";
import type { Field, Values } from "../parts/field";
import { Tabs } from "../parts/tabs";
import { Heading } from "../parts/heading";
import { TopUpSettings } from "../top-ups/settings";

const NAME: Field[] = [
  { name: "name", kind: "text", label: "site_name", required: true },
  { name: "logo", kind: "text", help: "logo" },
  { name: "contact", kind: "text" },
  { name: "docs_url", kind: "text" },
  { name: "nextchat_url", kind: "text", help: "nextChat" },
  { name: "display_currency", kind: "text", help: "displayCurrency" },
  { name: "display_rate", kind: "amount", help: "displayRate" },
  { name: "public_pricing", kind: "switch", help: "publicPricing" },
];
const PAGES: Field[] = (["home", "footer", "terms", "privacy"] as const).map((name) => ({
  name,
  kind: "long",
  help: "markdown",
}));

export default function Settings() {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ["settings"],
    queryFn: () => told(api.GET("/api/v1/settings")),
  });
  const sections = useSections(data);
  return (
    <>
      <Heading title={t("menu.settings")} />
      <FaultNote fault={error} />
      {!data && !error && <Skeleton active />}
      {data && (
        <div style={{ maxWidth: 760 }}>
          <Tabs
            label={t("menu.settings")}
            items={[
              ...sections.map((section) => ({
                key: section.name,
                label: t(`settings.${section.name}`),
                children: <Section title={t(`settings.${section.name}`)} {...section} />,
              })),
              { key: "topUps", label: t("menu.topUps"), children: <TopUpSettings /> },
              {
                key: "mail",
                label: t("settings.mail"),
                children: <Mail sends={data.sends_mail} />,
              },
            ]}
          />
        </div>
      )}
    </>
  );
}

interface Part {
  name: "site" | "pages" | "signUp" | "auto";
  fields: Field[];
  value: Values;
  put: (body: Values) => Promise<unknown>;
}

/** The parts of the settings that are put whole. */
function useSections(data: Schemas["SettingsView"] | undefined): Part[] {
  const { t } = useTranslation();
  const groups = useGroupNames().map((value) => ({ value, label: value }));
  const modes = (["closed", "invited", "open"] as const).map((value) => ({
    value,
    label: t(`settings.mode.${value}`),
  }));
  if (!data) return [];
  const site = {
    value: data.site as Values,
    put: (body: Values) => api.PUT("/api/v1/settings/site", { body: body as Schemas["Site"] }),
  };
  return [
    { name: "site", fields: NAME, ...site },
    { name: "pages", fields: PAGES, ...site },
    {
      name: "signUp",
      fields: [
        { name: "mode", kind: "choice", options: modes },
        { name: "credit", kind: "amount", help: "usd" },
        { name: "account_group", kind: "choice", options: groups },
        { name: "captcha", kind: "switch", label: "captchaWanted" },
        { name: "domains", kind: "words", help: "domains" },
        { name: "blocked_domains", kind: "words" },
      ],
      value: data.sign_up as Values,
      put: (body) => api.PUT("/api/v1/settings/sign-up", { body: body as Schemas["SignUp"] }),
    },
    {
      name: "auto",
      fields: [{ name: "groups", kind: "words", options: groups, help: "autoGroups" }],
      value: { groups: data.auto_groups },
      put: (body) =>
        api.PUT("/api/v1/settings/auto-groups", { body: body as Schemas["AutoGroupsBody"] }),
    },
  ];
}

function Mail({ sends }: { sends: boolean }) {
  const { t } = useTranslation();
  const act = useAct();
  return (
    <Flex vertical gap="small" align="flex-start">
      <span>{t(sends ? "settings.mailOn" : "settings.mailOff")}</span>
      <Button
        disabled={!sends}
        onClick={() =>
          void act(() => api.POST("/api/v1/settings/mail/test"), t("session.letterSent"))
        }
      >
        {t("settings.mailTest")}
      </Button>
    </Flex>
  );
}
