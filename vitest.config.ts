import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    include: ["{uikit,adminui,chatui}/{src,build}/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    setupFiles: ["uikit/src/test/setup.ts"],
    // Real Chromium and Go tests run on the same two cores.
    maxWorkers: 2,
    // Far above what anything takes: a busy machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 5 } },
  },
});
