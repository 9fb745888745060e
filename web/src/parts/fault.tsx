import { Alert } from "antd";
import { useTranslation } from "react-i18next";

import { Refusal } from "../api/call";

/** A refusal as the server words it, with its code and request id; or that it did not answer. */
export function FaultNote({ fault }: { fault: unknown }) {
  const { t } = useTranslation();
  if (fault === null || fault === undefined) return null;
  if (!(fault instanceof Refusal))
    return <Alert role="alert" type="error" showIcon title={t("fault.away")} />;
  const known = [fault.code, `HTTP ${fault.status}`, fault.requestId].filter(Boolean).join(" · ");
  return (
    <Alert
      role="alert"
      type="error"
      showIcon
      title={fault.message}
      description={
        <>
          {fault.hint && <div>{fault.hint}</div>}
          <small>{known}</small>
        </>
      }
    />
  );
}
