import react from "@vitejs/plugin-react";
import type { PluginOption, UserConfig } from "vite";

/**
 * appConfig is what both apps build with. The output runs under a CSP without
 * inline script, data: images and eval, so nothing may be inlined.
 */
export function appConfig(devServerOf: string, plugins: PluginOption[] = []): UserConfig {
  return {
    plugins: [react(), ...plugins],
    resolve: {
      // A second copy of these breaks their contexts at run time, not at build time.
      dedupe: ["react", "react-dom", "@mantine/core", "@mantine/hooks", "@mantine/dates"],
    },
    build: {
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // public/placeholder.html is copied back, so the committed one survives.
      emptyOutDir: true,
      reportCompressedSize: false,
    },
    worker: { format: "es" },
    server: { proxy: { "/api": { target: devServerOf, ws: true } } },
  };
}
