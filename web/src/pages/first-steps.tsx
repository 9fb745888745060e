import { Button, Skeleton, Steps } from "antd";
import type { TFunction } from "i18next";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { ChannelEditor } from "../channels/channel-editor";
import { Trial } from "../channels/trial";
import { type State, useFirstSteps } from "../first-steps/state";
import { GroupEditor } from "../groups/group-editor";
import { FaultNote } from "../parts/fault";
import { Heading } from "../parts/heading";

interface Step {
  name: "channel" | "test" | "group" | "prices" | "site" | "signUp" | "alerts" | "token";
  done: boolean;
  told?: string;
  act: ReactNode;
}

/** From an empty site to the first user, step by step; each knows by itself whether it is done. */
export default function FirstSteps() {
  const { t } = useTranslation();
  const { data, error, refetch } = useFirstSteps();
  const [open, setOpen] = useState<"channel" | "test" | "group">();
  const [tried, setTried] = useState(false);
  const close = () => {
    setOpen(undefined);
    void refetch();
  };
  if (!data) {
    return (
      <>
        <Heading title={t("menu.firstRun")} />
        {error ? <FaultNote fault={error} /> : <Skeleton active />}
      </>
    );
  }
  const steps = stepsOf(data, tried, setOpen, t);
  const next = steps.findIndex((step) => !step.done);
  return (
    <div style={{ maxWidth: 820 }}>
      <Heading title={t("menu.firstRun")} about={t("firstRun.about")} />
      <Steps
        orientation="vertical"
        current={next === -1 ? steps.length : next}
        items={steps.map((step, place) => ({
          status: step.done ? "finish" : place === next ? "process" : "wait",
          title: t(`firstRun.${step.name}`),
          content: (
            <div style={{ paddingBottom: 16 }}>
              <p style={{ margin: "0 0 8px" }}>{t(`firstRun.why.${step.name}`)}</p>
              {step.told && <p style={{ margin: "0 0 8px" }}>{step.told}</p>}
              {step.act}
            </div>
          ),
        }))}
      />
      {open === "channel" && (
        <ChannelEditor channel={undefined} onSaved={() => void refetch()} onClose={close} />
      )}
      {open === "group" && (
        <GroupEditor
          named={data.groups[0]?.name ?? "default"}
          onSaved={() => void refetch()}
          onClose={close}
        />
      )}
      {open === "test" && data.channel && (
        <Trial channel={data.channel} onGood={() => setTried(true)} onClose={close} />
      )}
    </div>
  );
}

function stepsOf(
  state: State,
  tried: boolean,
  open: (what: "channel" | "test" | "group") => void,
  t: TFunction,
): Step[] {
  const { channel, groups, unpriced, settings } = state;
  const button = (what: "channel" | "test" | "group", off = false) => (
    <Button disabled={off} onClick={() => open(what)}>
      {t(`firstRun.do.${what}`)}
    </Button>
  );
  const named = groups.map((group) => `${group.label || group.name} ×${group.rate}`).join(", ");
  return [
    {
      name: "channel",
      done: channel !== undefined,
      told: channel?.name ?? "",
      act: button("channel"),
    },
    { name: "test", done: state.answered || tried, act: button("test", !channel) },
    {
      name: "group",
      done: groups.some((group) => group.selectable || group.visible),
      told: named,
      act: button("group", !channel),
    },
    {
      name: "prices",
      done: channel !== undefined && unpriced.length === 0,
      told:
        channel && unpriced.length > 0
          ? t("firstRun.unpriced", { models: unpriced.slice(0, 8).join(", ") })
          : "",
      act: leadTo("/console/prices", t("menu.prices")),
    },
    {
      name: "site",
      done: settings.site.name !== "Waystation" || settings.site.contact !== "",
      told: `${settings.site.name} · ${settings.site.display_currency}`,
      act: leadTo("/console/settings", t("menu.settings")),
    },
    {
      name: "signUp",
      done: settings.sign_up.mode !== "closed",
      told: t(`settings.mode.${settings.sign_up.mode}`),
      act: leadTo("/console/settings", t("menu.settings")),
    },
    {
      name: "alerts",
      done: state.receivers > 0,
      act: leadTo("/console/alerts", t("menu.alerts")),
    },
    { name: "token", done: false, act: leadTo("/console/tokens", t("menu.tokens")) },
  ];
}

function leadTo(path: string, name: string) {
  return (
    <Link to={path}>
      <Button tabIndex={-1}>{name}</Button>
    </Link>
  );
}
