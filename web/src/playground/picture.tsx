import { useMutation } from "@tanstack/react-query";
import { Button, Form, Image, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "../api/call";
import { FaultNote } from "../parts/fault";
import { useKey } from "./key";
import { ModelField } from "./model-field";
import { useOffered } from "./offered";

const SIZES = ["1024x1024", "1536x1024", "1024x1536", "512x512", "256x256"];
const PICTURE_NAMES = /image|dall|flux|diffusion|sd3|recraft|ideogram|imagen|banana/i;

interface Drawn {
  data: { url?: string; b64_json?: string }[];
}

export function PictureTrial() {
  const { t } = useTranslation();
  const key = useKey();
  const offered = useOffered(key);
  const drawing = (offered.data ?? []).filter((model) => PICTURE_NAMES.test(model));
  const [chosen, setChosen] = useState("");
  const [prompt, setPrompt] = useState("");
  const [size, setSize] = useState("1024x1024");
  const model = chosen || drawing[0] || "";
  const draw = useMutation({
    mutationFn: () =>
      call<Drawn>("/v1/images/generations", {
        method: "POST",
        key,
        body: { model, prompt, size, n: 1, response_format: "url" },
      }),
  });
  return (
    <Form layout="vertical" component="div">
      <ModelField
        offered={drawing.length ? drawing : (offered.data ?? [])}
        value={model}
        onChange={setChosen}
      />
      <Form.Item label={t("playground.size")} htmlFor="picture-size">
        <Select
          id="picture-size"
          value={size}
          onChange={setSize}
          options={SIZES.map((value) => ({ value, label: value.replace("x", " × ") }))}
          style={{ width: 180 }}
        />
      </Form.Item>
      <Form.Item label={t("playground.prompt")} htmlFor="picture-prompt">
        <Input.TextArea
          id="picture-prompt"
          value={prompt}
          onChange={(change) => setPrompt(change.target.value)}
          autoSize={{ minRows: 2 }}
        />
      </Form.Item>
      <Button
        type="primary"
        loading={draw.isPending}
        disabled={!key || !model || !prompt.trim()}
        onClick={() => draw.mutate()}
      >
        {t("playground.draw")}
      </Button>
      <div style={{ marginTop: 16 }} aria-live="polite">
        <FaultNote fault={draw.error} />
        {draw.data?.data.map((picture, place) => (
          <Image
            key={place}
            alt={prompt}
            src={picture.url ?? `data:image/png;base64,${picture.b64_json}`}
            style={{ maxWidth: "min(100%, 512px)" }}
          />
        ))}
      </div>
    </Form>
  );
}
