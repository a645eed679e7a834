// Measures the chat client in a real Chromium and prints one JSON array of results:
//   node chatui/bench/run.mjs [--quick]
// MLS runs in a worker with the product's modules. The timeline is the built client itself
// (chatui/dist) on a store of 10,000 messages that the product's own storage code has filled; its
// hub answers who is signed in and is otherwise away. Called by `go run ./app/bench`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { scroll } from "./scroll.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "../dist");
const quick = process.argv.includes("--quick");
const browsers = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable", "/snap/bin/chromium"];
const person = { user_id: "00000000-0000-7000-8000-0000000000aa", login: "kmueller", name: "Käthe Müller", level: "internal", clinic: { id: "00000000-0000-7000-8000-000000000000", name: "Klinik" }, demo: false, version: "bench" };
const room = "00000000-0000-7000-8000-0000000000bb";

// Of what the hub sends (Go package server, headers.go) that which gives the page exact clocks.
const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };

/** Serves the client at / and the bench page at /bench/. */
function serve(pages) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://bench");
    if (pathname.startsWith("/api/")) {
      const known = pathname === "/api/v1/me";
      response.writeHead(known ? 200 : 503, { "content-type": "application/json" });
      return response.end(JSON.stringify(known ? person : { code: "unavailable" }));
    }
    const inside = normalize(pathname);
    const wanted = inside.startsWith("/bench/") ? join(pages, inside.slice("/bench/".length)) : join(dist, inside);
    const path = existsSync(wanted) && extname(wanted) ? wanted : join(inside.startsWith("/bench/") ? pages : dist, "index.html");
    response.writeHead(200, { ...isolated, "content-type": types[extname(path)] ?? "application/octet-stream" });
    response.end(readFileSync(path));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function buildPages() {
  const out = mkdtempSync(join(tmpdir(), "wl-bench-web-"));
  await build({ root: here, configFile: false, base: "/bench/", logLevel: "error", worker: { format: "es" }, build: { outDir: out, emptyOutDir: true, target: "es2022" } });
  return out;
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, q) => sorted(values)[Math.min(Math.floor(q * values.length), values.length - 1)];
const round = (value) => Math.round(value * 100) / 100;

async function measureMLS(page) {
  const results = [];
  for (const leaves of quick ? [10] : [10, 100, 250]) {
    const measured = await page.evaluate((asked) => window.bench.mls(asked), { leaves, runs: quick ? 3 : 9 });
    for (const { what, times, bytes } of measured) {
      const note = [`p95 ${round(quantile(times, 0.95))} ms of ${times.length}`, bytes > 0 && `${bytes} bytes`].filter(Boolean).join("; ");
      results.push({ figure: `Chromium, MLS ${what}, ${leaves} leaves`, unit: "ms", value: round(quantile(times, 0.5)), rounds: times.map(round), note });
    }
  }
  return results;
}

async function measureTimeline(context, address, bench) {
  const messages = quick ? 1_000 : 10_000;
  const start = performance.now();
  await bench.evaluate((filled) => window.bench.fill(filled), { user: person.user_id, room, messages });
  const filled = performance.now() - start;
  const results = [];
  for (const [name, viewport] of [["phone", { width: 390, height: 844 }], ["desktop", { width: 1280, height: 800 }]]) {
    const page = await context.newPage();
    await page.setViewportSize(viewport);
    const seen = await scroll(page, `${address}/chat/${room}`, quick ? 3_000 : 45_000);
    const at = `Chromium, timeline of ${messages}, ${name}`;
    results.push(
      { figure: `${at}, opened`, unit: "ms", value: round(seen.opened), note: "from the navigation to the newest message; own storage filled in " + round(filled / 1000) + " s" },
      { figure: `${at}, frames`, unit: "1/s", value: round(seen.fps), note: `${seen.passed} messages passed in ${round(seen.seconds)} s; p95 ${round(seen.p95)} ms from frame to frame, ${seen.long} above 50 ms` },
      { figure: `${at}, shown of those passed`, unit: "%", value: round((100 * seen.seen) / seen.passed), atLeast: 99, note: "less where the list has jumped" },
      { figure: `${at}, DOM nodes`, unit: "", value: seen.nodes, atMost: 299, note: `most in the timeline at any frame; ${seen.document} in the document` },
    );
    await page.close();
  }
  return results;
}

const pages = await buildPages();
const server = await serve(pages);
const address = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? browsers.find(existsSync), args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
try {
  const context = await browser.newContext({ locale: "de-DE", timezoneId: "Europe/Berlin", serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(`${address}/bench/`);
  const results = [...(await measureMLS(page)), ...(await measureTimeline(context, address, page))];
  console.log(JSON.stringify({ version: browser.version(), results }));
} finally {
  await browser.close();
  server.close();
  rmSync(pages, { recursive: true, force: true });
}
