// Who is signed in here, and the ways in and out. The session is in a cookie that no script sees.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";

import { Refusal } from "../api/call";
import { api, keepForgeryWord, onSignedOut, type Schemas, told } from "../api/client";

export type Account = Schemas["AccountView"];
type Known = { state: "asking" } | { state: "nobody" } | { state: "somebody"; account: Account };

interface Session {
  known: Known;
  signIn(email: string, password: string, code: string): Promise<void>;
  signOut(): Promise<void>;
}

/** That there may be a session: strangers need not ask. */
const STORED = "waystation.signed-in";
const Context = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("outside of SessionProvider");
  return session;
}

export function useOperator(): boolean {
  const { known } = useSession();
  return known.state === "somebody" && known.account.role === "operator";
}

/** To be said before the browser leaves to sign in elsewhere. */
export function expectSession(): void {
  localStorage.setItem(STORED, "1");
}

/** What was told to somebody else. The site is the same for all, and on show all the while. */
function forgetAnswers(queries: QueryClient): void {
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "site" });
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [known, setKnown] = useState<Known>({
    state: localStorage.getItem(STORED) ? "asking" : "nobody",
  });
  const forget = useCallback(() => {
    localStorage.removeItem(STORED);
    keepForgeryWord("");
    setKnown({ state: "nobody" });
  }, []);
  const begin = useCallback((session: Schemas["SessionView"]) => {
    expectSession();
    keepForgeryWord(session.csrf_token ?? "");
    setKnown({ state: "somebody", account: session.account });
  }, []);
  useEffect(() => {
    onSignedOut(forget);
    if (!localStorage.getItem(STORED)) return;
    told(api.GET("/api/v1/session"))
      .then(begin)
      .catch((fault: unknown) => {
        if (fault instanceof Refusal && fault.status === 401) forget();
        else setKnown({ state: "nobody" });
      });
  }, [begin, forget]);
  const signIn = useCallback(
    async (email: string, password: string, code: string) => {
      begin(
        await told(api.POST("/api/v1/session", { body: { email, password, code, cookie: true } })),
      );
      forgetAnswers(queries);
    },
    [begin, queries],
  );
  const signOut = useCallback(async () => {
    await api.DELETE("/api/v1/session");
    forget();
    forgetAnswers(queries);
  }, [forget, queries]);
  const session = useMemo(() => ({ known, signIn, signOut }), [known, signIn, signOut]);
  return <Context value={session}>{children}</Context>;
}
