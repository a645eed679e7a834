import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const publicDir = new URL("../public/", import.meta.url);
const template = new URL("../src/pwa/sw.js", import.meta.url);

// Files the installed app never asks for, or must always ask the server for.
const left = new Set(["placeholder.html", "sw.js"]);

/**
 * precacheList turns file names into the addresses the service worker stores.
 * cache.addAll refuses a list with a duplicate and the worker then never
 * starts, without any message: hence the Set. index.html is kept as "/".
 */
export function precacheList(files: string[]): string[] {
  const kept = files.filter((file) => !left.has(file) && !file.endsWith(".map"));
  return [...new Set(kept.map((file) => (file === "index.html" ? "/" : `/${file}`)))].sort();
}

/** precache writes sw.js with the list of everything this build consists of. */
export function precache(): Plugin {
  return {
    name: "wardline-precache",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const inPublic = readdirSync(publicDir).sort();
      const list = precacheList(["index.html", ...Object.keys(bundle), ...inPublic]);
      const hash = createHash("sha256");
      for (const [file, output] of Object.entries(bundle)) {
        hash.update(file).update(output.type === "asset" ? output.source : output.code);
      }
      for (const file of inPublic) {
        hash.update(readFileSync(new URL(file, publicDir)));
      }
      const source = readFileSync(template, "utf8")
        .replace('"__VERSION__"', JSON.stringify(hash.digest("hex").slice(0, 16)))
        .replace('["__FILES__"]', JSON.stringify(list));
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}
