// Scalar's reference of this deployment's document. Nothing is asked of another origin.
"use strict";
const place = document.getElementById("explorer");
const theme = localStorage.getItem("docs.theme");
Scalar.createApiReference(place, {
  url: "/openapi.json",
  withDefaultFonts: false,
  proxyUrl: "",
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  persistAuth: false,
  darkMode: theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches,
});
