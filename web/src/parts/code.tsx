import { CopyOutlined } from "@ant-design/icons";
import { App, Button, theme } from "antd";
import { useTranslation } from "react-i18next";

/** Text to be copied as it stands. */
export function Code({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { token } = theme.useToken();
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    void message.success(t("code.copied"));
  };
  return (
    <div style={{ position: "relative" }}>
      <pre
        tabIndex={0}
        aria-label={label ?? t("code.text")}
        style={{
          margin: 0,
          padding: "12px 44px 12px 14px",
          overflowX: "auto",
          borderRadius: token.borderRadius,
          fontSize: 13,
          background: token.colorFillTertiary,
          fontFamily: token.fontFamilyCode,
        }}
      >
        <code>{text}</code>
      </pre>
      <Button
        size="small"
        type="text"
        icon={<CopyOutlined />}
        aria-label={t("code.copy")}
        onClick={() => void copy()}
        style={{ position: "absolute", top: 8, right: 8, background: token.colorBgContainer }}
      />
    </div>
  );
}
