import { defineConfig } from "vite";
import { appConfig } from "../uikit/build/appConfig.ts";

const ajvStub = new URL("./build/noAjv.ts", import.meta.url).pathname;

const config = appConfig("http://127.0.0.1:8081");

export default defineConfig({
  ...config,
  resolve: {
    ...config.resolve,
    // @rjsf/core imports its own test helper, and that one wants ajv, which
    // compiles schemas with eval. The console has its own validator.
    alias: { "@rjsf/validator-ajv8": ajvStub },
  },
});
