import { useQuery } from "@tanstack/react-query";
import { Button, Flex, Form, Input } from "antd";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { FaultNote } from "../parts/fault";

/** A picture to read; each is good for one try, so every refusal asks for another. */
export function useCaptcha(wanted: boolean) {
  return useQuery({
    queryKey: ["captcha"],
    enabled: wanted,
    queryFn: () => told(api.GET("/api/v1/captcha")),
    staleTime: Infinity,
    gcTime: 0,
  });
}

export function CaptchaField({
  drawn,
  fault,
  onAnew,
}: {
  drawn: Schemas["Captcha"] | undefined;
  fault: unknown;
  onAnew: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Form.Item label={t("field.captcha")} required>
      <FaultNote fault={fault} />
      <Flex gap="small" align="center">
        {drawn && (
          <img
            src={drawn.image}
            alt={t("session.captchaPicture")}
            style={{ height: 40, borderRadius: 6, background: "#fff" }}
          />
        )}
        <Button size="small" onClick={onAnew}>
          {t("session.captchaAnew")}
        </Button>
      </Flex>
      <Form.Item
        name="captcha"
        noStyle
        rules={[{ required: true, message: t("form.needed", { what: t("field.captcha") }) }]}
      >
        <Input
          autoComplete="off"
          spellCheck={false}
          aria-label={t("field.captcha")}
          style={{ marginTop: 8 }}
        />
      </Form.Item>
    </Form.Item>
  );
}
