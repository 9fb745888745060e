import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useTranslation } from "react-i18next";

import { Refusal } from "../api/call";

/** Does something to the server, says how it went, and reads anew what it changed. */
export function useAct(
  ...changed: string[]
): (doing: () => Promise<unknown>, done?: string) => Promise<boolean> {
  const { message, notification } = App.useApp();
  const { t } = useTranslation();
  const queries = useQueryClient();
  return async (doing, done) => {
    try {
      await doing();
    } catch (fault) {
      const refused = fault instanceof Refusal ? fault : undefined;
      notification.error({
        title: refused?.message ?? t("fault.away"),
        description: refused && [refused.hint, refused.code].filter(Boolean).join(" · "),
      });
      return false;
    }
    await Promise.all(changed.map((name) => queries.invalidateQueries({ queryKey: [name] })));
    void message.success(done ?? t("act.done"));
    return true;
  };
}
