// Every page: its address, who may see it, and its place in the menu.
import type { ComponentType } from "react";

export type Audience = "everybody" | "user" | "operator";

export interface Page {
  path: string;
  /** Its name in the words files, under `menu`. */
  name: string;
  audience: Audience;
  /** Absent: not in the menu. */
  menu?: "public" | "own" | "operator";
  load: () => Promise<{ default: ComponentType }>;
}

export const PAGES: readonly Page[] = [
  {
    path: "/",
    name: "home",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/home"),
  },
  {
    path: "/console/models",
    name: "models",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/models"),
  },
  {
    path: "/console/playground",
    name: "playground",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/playground"),
  },
  {
    path: "/console/setup",
    name: "setup",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/setup"),
  },
  {
    path: "/console/balance",
    name: "balance",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/balance"),
  },
  {
    path: "/console/status",
    name: "status",
    audience: "everybody",
    menu: "public",
    load: () => import("./pages/status"),
  },
  {
    path: "/console/dashboard",
    name: "dashboard",
    audience: "user",
    menu: "own",
    load: () => import("./pages/dashboard"),
  },
  {
    path: "/console/tokens",
    name: "tokens",
    audience: "user",
    menu: "own",
    load: () => import("./pages/tokens"),
  },
  {
    path: "/console/log",
    name: "log",
    audience: "user",
    menu: "own",
    load: () => import("./pages/log"),
  },
  {
    path: "/console/tasks",
    name: "tasks",
    audience: "user",
    menu: "own",
    load: () => import("./pages/tasks"),
  },
  {
    path: "/console/wallet",
    name: "wallet",
    audience: "user",
    menu: "own",
    load: () => import("./pages/wallet"),
  },
  {
    path: "/console/profile",
    name: "profile",
    audience: "user",
    menu: "own",
    load: () => import("./pages/profile"),
  },
  {
    path: "/console/overview",
    name: "overview",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/overview"),
  },
  {
    path: "/console/channels",
    name: "channels",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/channels"),
  },
  {
    path: "/console/groups",
    name: "groups",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/groups"),
  },
  {
    path: "/console/access",
    name: "access",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/access"),
  },
  {
    path: "/console/prices",
    name: "prices",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/prices"),
  },
  {
    path: "/console/accounts",
    name: "accounts",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/accounts"),
  },
  {
    path: "/console/house-log",
    name: "houseLog",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/house-log"),
  },
  {
    path: "/console/codes",
    name: "codes",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/codes"),
  },
  {
    path: "/console/top-ups",
    name: "topUps",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/top-ups"),
  },
  {
    path: "/console/announcements",
    name: "announcements",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/announcements"),
  },
  {
    path: "/console/alerts",
    name: "alerts",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/alerts"),
  },
  {
    path: "/console/settings",
    name: "settings",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/settings"),
  },
  {
    path: "/console/providers",
    name: "providers",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/providers"),
  },
  {
    path: "/console/audit",
    name: "audit",
    audience: "operator",
    menu: "operator",
    load: () => import("./pages/audit"),
  },
  {
    path: "/console/first-steps",
    name: "firstRun",
    audience: "operator",
    load: () => import("./pages/first-steps"),
  },
  {
    path: "/console/sign-in",
    name: "signIn",
    audience: "everybody",
    load: () => import("./pages/sign-in"),
  },
  {
    path: "/console/register",
    name: "register",
    audience: "everybody",
    load: () => import("./pages/register"),
  },
  {
    path: "/console/forgotten",
    name: "forgotten",
    audience: "everybody",
    load: () => import("./pages/forgotten"),
  },
  {
    path: "/console/terms",
    name: "terms",
    audience: "everybody",
    load: () => import("./pages/terms"),
  },
  { path: "/account", name: "profile", audience: "user", load: () => import("./pages/profile") },
  {
    path: "/account/sign-in",
    name: "signIn",
    audience: "everybody",
    load: () => import("./pages/sign-in"),
  },
  {
    path: "/account/confirm",
    name: "confirm",
    audience: "everybody",
    load: () => import("./pages/confirm"),
  },
  {
    path: "/account/change",
    name: "confirm",
    audience: "everybody",
    load: () => import("./pages/confirm"),
  },
  {
    path: "/account/reset",
    name: "reset",
    audience: "everybody",
    load: () => import("./pages/reset"),
  },
  { path: "*", name: "missing", audience: "everybody", load: () => import("./pages/missing") },
];
