// Who is signed in here, and the ways in and out.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";

import { call, Refusal } from "../api/call";

export interface Account {
  id: number;
  email: string;
  role: "user" | "operator";
}

type Known = { state: "asking" } | { state: "nobody" } | { state: "somebody"; account: Account };

interface Session {
  known: Known;
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

const STORED = "waystation.session";
const Context = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("outside of SessionProvider");
  return session;
}

/** The bearer of this tab's session; gone with the tab. */
export function sessionKey(): string | undefined {
  return sessionStorage.getItem(STORED) ?? undefined;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [known, setKnown] = useState<Known>({ state: sessionKey() ? "asking" : "nobody" });
  useEffect(() => {
    const key = sessionKey();
    if (key === undefined) return;
    call<{ account: Account }>("/api/v1/session", { key })
      .then(({ account }) => setKnown({ state: "somebody", account }))
      .catch((fault: unknown) => {
        if (fault instanceof Refusal && fault.status === 401) sessionStorage.removeItem(STORED);
        setKnown({ state: "nobody" });
      });
  }, []);
  const signIn = useCallback(async (email: string, password: string) => {
    const begun = await call<{ token: string; account: Account }>("/api/v1/session", {
      method: "POST",
      body: { email, password },
    });
    sessionStorage.setItem(STORED, begun.token);
    setKnown({ state: "somebody", account: begun.account });
  }, []);
  const signOut = useCallback(async () => {
    const key = sessionKey();
    sessionStorage.removeItem(STORED);
    setKnown({ state: "nobody" });
    queries.clear();
    if (key !== undefined) await call("/api/v1/session", { method: "DELETE", key });
  }, [queries]);
  const session = useMemo(() => ({ known, signIn, signOut }), [known, signIn, signOut]);
  return <Context value={session}>{children}</Context>;
}
