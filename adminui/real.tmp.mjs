import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
const link = process.env.LINK;
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const c = await b.newContext({ viewport: { width: 1400, height: 900 }, locale: "de-DE", colorScheme: "light" });
const p = await c.newPage();
p.on("console", (l) => { if (l.type() === "error") console.log("CONSOLE", p.url(), l.text()); });
p.on("pageerror", (e) => console.log("ERR", p.url(), e.message));
p.on("response", (r) => { if (r.status() >= 400) console.log(r.status(), r.request().method(), r.url()); });
await p.goto(link);
await p.locator("h1").first().waitFor();
const shot = async (n) => { await p.waitForTimeout(900); await p.screenshot({ path: `/tmp/real/${n}.png`, fullPage: true }); };
const origin = new URL(link).origin;
await shot("overview");
console.log(await p.evaluate(async () => JSON.stringify(await (await fetch("/api/v1/me")).json())));
for (const n of ["overview","connectors","messages?limit=2","messages/errors","persons?limit=2","units","plans?state=held","rules","alerts?state=all&limit=2","audit?limit=5"]) {
  console.log(n, (await p.evaluate(async (u) => await (await fetch("/api/v1/" + u)).text(), n)).slice(0, 1500));
}
for (const n of ["connectors","messages","persons","units","plans","rules","board","audit"]) { await p.goto(`${origin}/${n}`); await p.locator("h1").first().waitFor(); await shot(n); }
await p.goto(`${origin}/board`); await p.getByTestId("alert-open").first().click(); await p.getByTestId("story").waitFor(); await shot("alert");
console.log("story", await p.getByTestId("story").innerText(), await p.getByTestId("live").getAttribute("data-live"));
for (const [list, row] of [["connectors","connector-row"],["messages","message-row"],["persons","person-row"]]) {
  await p.goto(`${origin}/${list}`); await p.getByTestId(row).first().locator("a").first().click(); await p.waitForTimeout(800); await shot(list + "-one");
}
await p.goto(`${origin}/rules`); await p.getByTestId("rules-try").click(); await p.getByTestId("try-result").waitFor(); await shot("try");
await b.close();
