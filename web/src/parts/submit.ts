import type { FormInstance } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { besideOf } from "./beside";

export interface Submit {
  /** Whether it was done. */
  submit: (doing: () => Promise<unknown>) => Promise<boolean>;
  busy: boolean;
  /** What no field says. */
  fault: unknown;
}

/** Sends a form, once at a time, and shows what is refused beside the fields that it is about. */
export function useSubmit(form: FormInstance, names: readonly string[]): Submit {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  // A second press can come before the button shows that it is busy.
  const running = useRef(false);
  const submit = async (doing: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFault(undefined);
    try {
      await doing();
      return true;
    } catch (refused) {
      const beside = besideOf(refused, names, t);
      form.setFields(beside);
      if (beside[0]) form.scrollToField(beside[0].name, { focus: true });
      else setFault(refused);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { submit, busy, fault };
}
