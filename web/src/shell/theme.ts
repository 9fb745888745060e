// Colours of both schemes. What Ant Design takes for lesser text is too pale to read (WCAG AA).
import { theme, type ThemeConfig } from "antd";

import type { Scheme } from "./preferences";

/** Where the dark theme writes in the colour that buttons are filled with, it takes a lighter one. */
const BRIGHT = "#5cc4b3";

const LIGHT: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    colorPrimary: "#0b6b5d",
    colorLink: "#0b6b5d",
    colorPrimaryBg: "#e3f3ef",
    colorSuccess: "#237804",
    colorError: "#c41d22",
    colorTextTertiary: "rgba(0, 0, 0, 0.64)",
    colorTextPlaceholder: "rgba(0, 0, 0, 0.58)",
    borderRadius: 8,
  },
};

const DARK: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    colorPrimary: "#157a6c",
    colorLink: BRIGHT,
    colorError: "#ff6b6e",
    colorTextTertiary: "rgba(255, 255, 255, 0.68)",
    colorTextPlaceholder: "rgba(255, 255, 255, 0.6)",
    borderRadius: 8,
  },
  components: {
    Menu: { itemSelectedColor: BRIGHT },
  },
};

export const THEMES: Record<Scheme, ThemeConfig> = { light: LIGHT, dark: DARK };
