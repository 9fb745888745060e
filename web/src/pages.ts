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
  { path: "/", name: "home", audience: "everybody", menu: "public", load: () => import("./pages/home") },
  { path: "/console/models", name: "models", audience: "everybody", menu: "public", load: () => import("./pages/models") },
  { path: "/console/playground", name: "playground", audience: "everybody", menu: "public", load: () => import("./pages/playground") },
  { path: "/console/setup", name: "setup", audience: "everybody", menu: "public", load: () => import("./pages/setup") },
  { path: "/console/balance", name: "balance", audience: "everybody", menu: "public", load: () => import("./pages/balance") },
  { path: "/console/sign-in", name: "signIn", audience: "everybody", load: () => import("./pages/sign-in") },
  { path: "*", name: "missing", audience: "everybody", load: () => import("./pages/missing") },
];
