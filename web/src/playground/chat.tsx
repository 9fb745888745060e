import { Button, Flex, Form, Input, Typography, theme } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { FaultNote } from "../parts/fault";
import { useMoney } from "../parts/money";
import { chat, type Told, type Turn } from "./chat-call";
import { useKey } from "./key";
import { ModelField } from "./model-field";
import { useOffered } from "./offered";

export function ChatTrial() {
  const { t } = useTranslation();
  const key = useKey();
  const offered = useOffered(key);
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  const [turns, setTurns] = useState<Turn[]>([]);
  const [told, setTold] = useState<Told>();
  const [fault, setFault] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  const [busy, setBusy] = useState(false);
  const model = chosen || offered.data?.[0] || "";

  const ask = async () => {
    const asked: Turn[] = [...turns, { role: "user", content: typed }];
    const stop = new AbortController();
    running.current = stop;
    setTurns(asked);
    setTyped("");
    setFault(undefined);
    setBusy(true);
    let last: Told | undefined;
    try {
      for await (last of chat(key, model, asked, stop.signal)) setTold(last);
    } catch (failed) {
      if (!stop.signal.aborted) setFault(failed);
    }
    if (last) setTurns([...asked, { role: "assistant", content: last.content }]);
    setBusy(false);
  };

  return (
    <Form layout="vertical" component="div">
      <ModelField offered={offered.data ?? []} value={model} onChange={setChosen} />
      <FaultNote fault={offered.error} />
      <div aria-live="polite">
        {turns.map((turn, place) => (
          <Said key={place} turn={turn} />
        ))}
        {busy && told && (
          <Said turn={{ role: "assistant", content: told.content || told.reasoning || "…" }} />
        )}
      </div>
      {!busy && told?.usage && <Spent told={told} />}
      <FaultNote fault={fault} />
      <Form.Item label={t("playground.message")} htmlFor="chat-message" style={{ marginTop: 12 }}>
        <Input.TextArea
          id="chat-message"
          value={typed}
          autoSize={{ minRows: 2, maxRows: 10 }}
          onChange={(change) => setTyped(change.target.value)}
          onPressEnter={(press) => {
            if (press.shiftKey || press.nativeEvent.isComposing || !typed.trim() || busy || !key)
              return;
            press.preventDefault();
            void ask();
          }}
        />
      </Form.Item>
      <Flex gap="small">
        <Button
          type="primary"
          disabled={!key || !model || !typed.trim()}
          loading={busy}
          onClick={() => void ask()}
        >
          {t("playground.send")}
        </Button>
        {busy && <Button onClick={() => running.current?.abort()}>{t("playground.stop")}</Button>}
        {!busy && turns.length > 0 && (
          <Button
            onClick={() => {
              setTurns([]);
              setTold(undefined);
            }}
          >
            {t("playground.anew")}
          </Button>
        )}
      </Flex>
    </Form>
  );
}

function Said({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const { token } = theme.useToken();
  const own = turn.role === "user";
  return (
    <div
      style={{
        margin: "8px 0",
        padding: "10px 14px",
        borderRadius: token.borderRadiusLG,
        maxWidth: 720,
        background: own ? token.colorPrimaryBg : token.colorFillTertiary,
      }}
    >
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {t(own ? "playground.you" : "playground.model")}
      </Typography.Text>
      <div style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{turn.content}</div>
    </div>
  );
}

function Spent({ told }: { told: Told }) {
  const { t } = useTranslation();
  const money = useMoney();
  const { usage } = told;
  if (!usage) return null;
  return (
    <Typography.Text type="secondary" style={{ fontSize: 12 }}>
      {t("playground.spent", { prompt: usage.prompt_tokens, completion: usage.completion_tokens })}
      {usage.cost !== undefined && ` · ${money(usage.cost)}`} · {told.requestId}
    </Typography.Text>
  );
}
