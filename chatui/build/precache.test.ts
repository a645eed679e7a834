// @vitest-environment node
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, describe, expect, it } from "vitest";
import { precacheList } from "./precache.ts";

describe("precacheList", () => {
  it("names every file once, though the icon comes from two sides", () => {
    expect(precacheList(["icon.svg", "assets/a.js", "icon.svg", "index.html"])).toEqual([
      "/",
      "/assets/a.js",
      "/icon.svg",
    ]);
  });

  it("leaves out the placeholder, maps and the worker itself", () => {
    expect(precacheList(["placeholder.html", "assets/a.js.map", "sw.js"])).toEqual([]);
  });
});

describe("the service worker of a real build", () => {
  const outDir = mkdtempSync(join(tmpdir(), "wardline-chatui-"));
  afterAll(() => rmSync(outDir, { recursive: true }));

  it("lists only files that exist, each once", async () => {
    const root = new URL("..", import.meta.url).pathname;
    await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
    const worker = readFileSync(join(outDir, "sw.js"), "utf8");
    const list = JSON.parse(/const files = (\[.*\]);/.exec(worker)?.[1] ?? "[]") as string[];

    expect(list.length).toBeGreaterThan(5);
    expect(new Set(list).size).toBe(list.length);
    expect(list.filter((path) => path.startsWith("/api"))).toEqual([]);
    for (const path of list) {
      expect(existsSync(join(outDir, path === "/" ? "index.html" : path)), path).toBe(true);
    }
    expect(worker).toMatch(/const cacheName = `wardline-\$\{"[0-9a-f]{16}"\}`/);
  }, 60_000);
});
