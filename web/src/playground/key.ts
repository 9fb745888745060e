// The relay key that this tab tries things with. It stays in the tab.
import { useSyncExternalStore } from "react";

const STORED = "waystation.key";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useKey(): string {
  return useSyncExternalStore(subscribe, () => sessionStorage.getItem(STORED) ?? "");
}

export function keepKey(key: string): void {
  sessionStorage.setItem(STORED, key.trim());
  for (const listener of listeners) listener();
}
