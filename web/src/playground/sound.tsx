import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { send } from "../api/call";
import { FaultNote } from "../parts/fault";
import { useKey } from "./key";
import { ModelField } from "./model-field";
import { useOffered } from "./offered";

const SPEAKERS = /speech|tts|audio/i;

/** Text to be spoken, and played. */
export function SoundTrial() {
  const { t } = useTranslation();
  const key = useKey();
  const offered = useOffered(key);
  const speaking = (offered.data ?? []).filter((model) => SPEAKERS.test(model));
  const [chosen, setChosen] = useState("");
  const [voice, setVoice] = useState("alloy");
  const [text, setText] = useState("");
  const model = chosen || speaking[0] || "";
  const speak = useMutation({
    mutationFn: async () => {
      const body = { model, voice, input: text, response_format: "mp3" };
      const reply = await send("/v1/audio/speech", { method: "POST", key, body });
      return URL.createObjectURL(await reply.blob());
    },
  });
  const address = speak.data;
  useEffect(() => () => (address ? URL.revokeObjectURL(address) : undefined), [address]);
  return (
    <Form layout="vertical" component="div">
      <ModelField
        offered={speaking.length ? speaking : (offered.data ?? [])}
        value={model}
        onChange={setChosen}
      />
      <Form.Item label={t("playground.voice")} htmlFor="sound-voice">
        <Input
          id="sound-voice"
          value={voice}
          onChange={(change) => setVoice(change.target.value)}
          style={{ maxWidth: 220 }}
        />
      </Form.Item>
      <Form.Item label={t("playground.text")} htmlFor="sound-text">
        <Input.TextArea
          id="sound-text"
          value={text}
          onChange={(change) => setText(change.target.value)}
          autoSize={{ minRows: 2 }}
        />
      </Form.Item>
      <Button
        type="primary"
        loading={speak.isPending}
        disabled={!key || !model || !text.trim()}
        onClick={() => speak.mutate()}
      >
        {t("playground.speak")}
      </Button>
      <div style={{ marginTop: 16 }} aria-live="polite">
        <FaultNote fault={speak.error} />
        {address && <audio controls src={address} aria-label={t("playground.spoken")} />}
      </div>
    </Form>
  );
}
