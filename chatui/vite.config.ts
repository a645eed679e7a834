import { defineConfig } from "vite";
import { appConfig } from "../uikit/build/appConfig.ts";
import { precache } from "./build/precache.ts";

export default defineConfig(appConfig("http://127.0.0.1:8080", [precache()]));
