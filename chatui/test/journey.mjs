// The built client in a real Chromium against the mock server: real worker, real
// IndexedDB, the real CSP. `npm run build -w chatui && node chatui/test/journey.mjs [folder for pictures]`
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { startMock } from "./mock.mjs";

const pictures = process.argv[2];
if (pictures) mkdirSync(pictures, { recursive: true });
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });
const mock = await startMock();
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "de-DE", colorScheme: "light" });
const page = await context.newPage();
await page.addInitScript(() => {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) {
    window.tones++;
    return start.call(this, when);
  };
});
const complaints = [];
page.on("console", (m) => {
  if (["error", "warning"].includes(m.type()) && !/Failed to load resource|WebSocket connection/.test(m.text())) complaints.push(m.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));

const by = (id) => page.getByTestId(id);
const visible = (locator, timeout = 8_000) => locator.first().waitFor({ state: "visible", timeout });
const hidden = (locator, timeout = 8_000) => locator.first().waitFor({ state: "hidden", timeout });
const shot = async (name) => pictures && page.screenshot({ path: `${pictures}/${name}.png` });
const control = (path, body = {}) => fetch(`${mock.url}/mock${path}`, { method: "POST", body: JSON.stringify(body) });

async function until(what, check) {
  for (let i = 0; i < 200; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never became true: ${what}`);
}

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function accessible(name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: values }), tags);
  for (const { impact, id, nodes } of violations) console.log(`axe  ${name}: ${impact} ${id} ${nodes.map(({ target }) => target).slice(0, 3).join(" | ")}`);
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id }) => id), [], `axe finds something serious on ${name}`);
}

async function everyLook(name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    // Colours fade over; half-way ones would be judged.
    await page.waitForTimeout(300);
    await accessible(`${name} (${scheme})`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (!pictures) return;
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [width, height] of [[390, 844], [1400, 900]]) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(150);
      await shot(`${name}-${width}-${scheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 844 });
}

async function step(name, run) {
  const from = Date.now();
  try {
    await run();
    console.log(`ok   ${name} (${Date.now() - from} ms)`);
  } catch (error) {
    if (pictures) await page.screenshot({ path: `${pictures}/failed.png` });
    console.log(`FAIL ${name}`, complaints);
    await browser.close();
    throw error;
  }
}

const live = () => visible(page.locator('[data-testid="connection-state"][data-state="live"]').or(page.locator('[data-state="live"]')));
const card = (id, state) => page.locator(`[data-testid="alert-card"][data-alert-id="${id}"]${state ? `[data-state="${state}"]` : ""}`);

await step("sign in, keys, device, connected", async () => {
  await page.goto(mock.url);
  await everyLook("01-signin");
  await page.locator('input[name="username"]').fill("kmueller");
  await page.locator('input[name="password"]').fill("richtig");
  await page.getByRole("button", { name: "Anmelden" }).click();
  await live();
  assert.equal(mock.state.device.kem.length, 1216);
  await everyLook("02-rooms-empty");
});

await step("sound: asked for, then on", async () => {
  if (await by("sound-enable").isVisible()) await by("sound-enable").click();
  await hidden(by("sound-notice"));
});

await step("duty: take, chip, last-on-duty warning", async () => {
  await by("duty-chip").click();
  await by("duty-toggle").first().click();
  await visible(page.locator('[data-testid="duty-chip"][data-on="true"]'));
  await control("/offer");
  await visible(by("duty-offer"));
  await everyLook("03-duty");
  await by("offer-decline").click();
  await hidden(by("duty-offer"));
  await by("duty-role").first().getByRole("button", { name: "Dienst beenden" }).click();
  await visible(page.getByText("Sie sind die letzte Person im Dienst"));
  await shot("03-duty-last");
  await page.getByRole("button", { name: "Abbrechen" }).click();
});

let call;
await step("a normal call: card, strip, delivered, seen", async () => {
  await page.getByRole("link", { name: "Chats" }).first().click();
  call = await mock.raise({ text: "Patient läutet", room: "12", bed: "2" });
  await visible(by("open-strip"));
  await until("delivered", () => mock.state.acks.length === 1);
  await by("room-row").first().click();
  await visible(card(call.alert_id, "notifying"));
  await until("seen", () => mock.state.seen.includes(call.alert_id));
  await everyLook("04-room-call");
});

await step("accept, arrive, end: in place", async () => {
  await card(call.alert_id).getByTestId("act-accept").click();
  await visible(card(call.alert_id, "accepted"));
  await everyLook("05-accepted");
  await by("mine").getByTestId("act-arrive").click();
  await visible(card(call.alert_id, "arrived"));
  await mock.change(call.alert_id, { state: "resolved", ended_at: new Date().toISOString() });
  await visible(card(call.alert_id, "resolved"));
  assert.equal(await card(call.alert_id).count(), 1);
});

await step("emergency over urgent fills the screen; keys; taken by a colleague", async () => {
  const urgent = await mock.raise({ priority: 3, kind: "bathroom", room: "7", bed: "" });
  await visible(by("alarm-overlay"));
  const emergency = await mock.raise({ priority: 4, kind: "emergency", room: "3", bed: "1", text: "Herzalarm" });
  await visible(page.locator(`[data-testid="alarm-overlay"][data-alert-id="${emergency.alert_id}"]`));
  assert.match(await page.title(), /^\(2\)/);
  await visible(page.locator('html[data-ringing="emergency"]'));
  const tones = await page.evaluate(() => window.tones);
  await until("it keeps sounding", async () => (await page.evaluate(() => window.tones)) > tones);
  await everyLook("06-overlay");
  const box = await by("alarm-overlay").getByTestId("act-accept").boundingBox();
  assert.ok(box.height >= 56, `button is ${box.height} px high`);
  await page.waitForTimeout(800);
  await mock.change(emergency.alert_id, { state: "accepted", accepted_by: [{ user_id: "jan", name: "Jan Weiß", at: new Date().toISOString() }] });
  await visible(page.locator(`[data-testid="alarm-overlay"][data-alert-id="${urgent.alert_id}"]`));
  await visible(page.locator('.mantine-Notification-root', { hasText: "Jan Weiß kommt" }));
  await page.waitForTimeout(900);
  await page.keyboard.press("b");
  await hidden(by("alarm-overlay"));
  await visible(page.locator("html:not([data-ringing])"));
  await until("busy sent", () => mock.state.acts.some(({ id, word }) => id === urgent.alert_id && word === "busy"));
  await mock.change(urgent.alert_id, { state: "exhausted", step: 3, responses: [{ user_id: "kaethe", name: "Käthe Müller", state: "busy" }] });
  await everyLook("07-room-mixed");
});

await step("offline: loud; an answer waits and is never shown as given; then it goes through", async () => {
  const late = await mock.raise({ priority: 2, room: "9" });
  await visible(card(late.alert_id, "notifying"));
  await control("/down");
  await visible(by("connection-banner"));
  await card(late.alert_id).getByTestId("act-accept").click();
  await visible(card(late.alert_id).getByTestId("act-pending"));
  await visible(page.getByText("noch nicht gesendet").first());
  await everyLook("08-offline");
  assert.equal(await card(late.alert_id).getAttribute("data-state"), "notifying");
  await page.reload();
  await visible(card(late.alert_id).getByTestId("act-pending"));
  await control("/up");
  await visible(card(late.alert_id, "accepted"), 15_000);
  await live();
  await mock.change(late.alert_id, { state: "resolved", ended_at: new Date().toISOString() });
});

await step("taken: says by whom", async () => {
  const one = await mock.raise({ priority: 2, room: "21" });
  await visible(card(one.alert_id, "notifying"));
  // The card still says "waiting" when the button is pressed.
  mock.state.cards.get(one.alert_id).accepted_by.push({ user_id: "jan", name: "Jan Weiß" });
  await card(one.alert_id).getByTestId("act-accept").click();
  await visible(card(one.alert_id).getByTestId("act-note"));
  await shot("09-taken");
  await visible(page.getByText("Bereits übernommen von Jan Weiß").first());
  await mock.change(one.alert_id, { state: "resolved", ended_at: new Date().toISOString() });
});

await step("nothing lost, nothing doubled over ten broken connections", async () => {
  const before = await by("alert-card").count();
  const raised = [];
  for (let i = 0; i < 10; i++) {
    raised.push(await mock.raise({ priority: 1, room: `${100 + i}` }));
    await control("/drop");
    raised.push(await mock.raise({ priority: 1, room: `${200 + i}` }));
  }
  for (const { alert_id } of raised) await visible(card(alert_id), 20_000);
  assert.equal(await by("alert-card").count(), before + 20);
  for (const { alert_id } of raised) await mock.change(alert_id, { state: "resolved", ended_at: new Date().toISOString() });
  await live();
});

await step("a broken envelope is loud and can be repaired", async () => {
  const broken = await mock.raise({ priority: 2, room: "33", spoil: true });
  await visible(by("broken-notice"));
  await everyLook("10-broken");
  await by("broken-repair").click();
  await visible(card(broken.alert_id, "notifying"));
  await hidden(by("broken-notice"));
  await mock.change(broken.alert_id, { state: "resolved", ended_at: new Date().toISOString() });
});

await step("a second tab follows through the first; one connection", async () => {
  const other = await context.newPage();
  await other.goto(mock.url);
  await other.locator('[data-testid="connection-state"][data-state="live"]').waitFor();
  assert.equal(mock.state.peers.size, 1);
  const one = await mock.raise({ priority: 2, room: "44" });
  await other.getByTestId("open-strip").waitFor();
  await other.getByTestId("room-row").first().click();
  await other.locator(`[data-alert-id="${one.alert_id}"]`).first().waitFor();
  // The owner goes: the other takes the stream over.
  await page.close();
  await until("taken over", () => mock.state.peers.size === 1 && mock.state.hellos.length > 1);
  await other.locator(`[data-testid="alert-card"][data-alert-id="${one.alert_id}"]`).getByTestId("act-accept").click();
  await other.locator(`[data-testid="alert-card"][data-alert-id="${one.alert_id}"][data-state="accepted"]`).waitFor();
  await other.getByRole("link", { name: "Einstellungen" }).first().click();
  await other.getByTestId("device-row").first().waitFor();
  if (pictures) await other.screenshot({ path: `${pictures}/11-settings.png`, fullPage: true });
  await other.getByTestId("sign-out").click();
  await other.getByTestId("sign-out-forget").waitFor();
  if (pictures) await other.screenshot({ path: `${pictures}/12-signout.png` });
});

const csp = complaints.filter((text) => /Content Security|Trusted|Refused/.test(text));
assert.deepEqual(csp, [], "the policy was broken");
console.log(complaints.length > 0 ? `console said: ${complaints.join("\n")}` : "console is quiet");
await browser.close();
mock.server.closeAllConnections();
mock.server.close();
