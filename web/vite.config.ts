import { defineConfig } from "vite";

// The control process serves what is built from inside the Python package, so the wheel needs no Node.
export default defineConfig({
  esbuild: { jsx: "automatic" },
  build: {
    outDir: "../waystation/control/built_console/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      // "use client" means nothing here; every other warning is an error.
      onwarn(warning) {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") throw new Error(warning.message);
      },
      output: {
        manualChunks(id) {
          if (id.includes("node_modules/echarts") || id.includes("node_modules/zrender"))
            return "charts";
          if (/node_modules\/(react|react-dom|scheduler|react-router)\//.test(id)) return "react";
          return undefined;
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/v1", "/mj", "/suno", "/files", "/openapi.json"].map((path) => [
        path,
        "http://127.0.0.1:8000",
      ]),
    ),
  },
});
