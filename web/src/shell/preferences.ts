// Light or dark: as chosen here, else as the system says.
import { useSyncExternalStore } from "react";

export type Scheme = "light" | "dark";
const STORED = "waystation.scheme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function read(): Scheme {
  const chosen = localStorage.getItem(STORED);
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  system.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener("change", listener);
  };
}

export function chooseScheme(scheme: Scheme): void {
  localStorage.setItem(STORED, scheme);
  for (const listener of listeners) listener();
}

export function useScheme(): Scheme {
  return useSyncExternalStore(subscribe, read);
}
