import { useTranslation } from "react-i18next";

import { Tabs } from "../parts/tabs";
import { Heading } from "../parts/heading";
import { ChatTrial } from "../playground/chat";
import { KeyField } from "../playground/key-field";
import { MidjourneyTrial } from "../playground/midjourney";
import { PictureTrial } from "../playground/picture";
import { SoundTrial } from "../playground/sound";

export default function Playground() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t("playground.title")} about={t("playground.about")} />
      <KeyField />
      <Tabs
        label={t("playground.title")}
        items={[
          { key: "chat", label: t("playground.chat"), children: <ChatTrial /> },
          { key: "picture", label: t("playground.picture"), children: <PictureTrial /> },
          { key: "sound", label: t("playground.sound"), children: <SoundTrial /> },
          { key: "midjourney", label: "Midjourney", children: <MidjourneyTrial /> },
        ]}
      />
    </>
  );
}
