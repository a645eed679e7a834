// node screens/look.mjs [name ...]: opens each page of the built console in Chromium, narrow
// and wide, light and dark, writes pictures to $SCREENS (default: none) and fails on
// a serious finding of axe, an error in the browser's console, or sideways scrolling.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { startHub } from "./hub.mjs";
import { pages } from "./pages.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const dist = new URL("../dist", import.meta.url).pathname;
const only = process.argv.slice(2);
const pictures = process.env.SCREENS;
const views = [
  { name: "wide-light", width: 1400, height: 900, colorScheme: "light" },
  { name: "narrow-dark", width: 390, height: 844, colorScheme: "dark" },
  { name: "wide-dark", width: 1400, height: 900, colorScheme: "dark" },
  { name: "narrow-light", width: 390, height: 844, colorScheme: "light" },
].filter(({ name }) => !process.env.VIEWS || process.env.VIEWS.split(",").includes(name));

const hub = await startHub(dist);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
let findings = 0;
const report = (...words) => {
  findings++;
  console.log(...words);
};

for (const view of views) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.colorScheme,
    locale: "de-DE",
    reducedMotion: "reduce",
    // axe is put in from outside the page; the CSP still holds for the console itself.
    bypassCSP: process.env.CSP !== "1",
  });
  for (const { name, path, act } of pages) {
    if (only.length > 0 && !only.includes(name)) continue;
    const at = `${view.name} ${name}:`;
    const page = await context.newPage();
    page.on("console", (line) => {
      const known = line.text().includes("/api/v1/live") || line.text().includes("status of 4");
      if (line.type() === "error" && !known) report(at, line.text());
    });
    page.on("pageerror", (error) => report(at, error.message));
    try {
      await page.goto(hub.address + path);
      await page.locator("h1").first().waitFor({ timeout: 8000 });
      await page.waitForFunction(() => !document.querySelector("[data-testid=loading]"), undefined, { timeout: 8000 });
      if (act) await act(page, hub);
      await page.waitForTimeout(350);
    } catch (error) {
      report(at, error.message.split("\n").slice(0, 4).join(" "));
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (sideways > 0) report(at, `scrolls ${sideways} px sideways`);
    if (process.env.CSP !== "1") {
      await page.evaluate(axe);
      const result = await page.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
      );
      for (const violation of result.violations) {
        const serious = ["serious", "critical"].includes(violation.impact);
        if (serious) findings++;
        console.log(at, violation.impact, violation.id, violation.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join(" | "));
      }
    }
    if (pictures) await page.screenshot({ path: `${pictures}/${name}-${view.name}.png`, fullPage: true });
    hub.restore();
    await page.close();
  }
  await context.close();
}
await browser.close();
hub.close();
console.log(findings === 0 ? "nothing found" : `${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;
