import { expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { until } from './net';
import { Complaints } from './watch';

export const password = 'Der Kaffee auf Station ist kalt';

/** What stands on the outside of an item of a conversation; see docs/protocols/chat.md. */
export type Item = { room: string; seq: number; kind: string; from?: string; epoch?: number; welcome?: boolean };

/** One browser of somebody who talks: a phone or the computer on the ward. */
export class Colleague {
  readonly #items = new Map<string, Item>();

  private constructor(readonly context: BrowserContext, readonly page: Page, readonly complaints: Complaints, readonly chat: string) {
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => this.#note(payload)));
  }

  #note(frame: string | Buffer): void {
    if (typeof frame === 'string' || frame[0] !== 1) return;
    const item = JSON.parse(frame.subarray(5, 5 + frame.readUInt32BE(1)).toString('utf8')) as Item;
    this.#items.set(`${item.room}/${item.seq}`, item);
  }

  /** What the hub has handed this browser of a room, in the room's order. */
  items(room: string): Item[] {
    return [...this.#items.values()].filter((item) => item.room === room).sort((one, other) => one.seq - other.seq);
  }

  static async phone(browser: Browser, chat: string): Promise<Colleague> {
    return Colleague.at(browser, chat, { viewport: { width: 390, height: 844 }, hasTouch: true });
  }

  static async desktop(browser: Browser, chat: string): Promise<Colleague> {
    return Colleague.at(browser, chat, { viewport: { width: 1400, height: 900 } });
  }

  private static async at(browser: Browser, chat: string, options: Parameters<Browser['newContext']>[0]): Promise<Colleague> {
    const context = await browser.newContext(options);
    const complaints = new Complaints();
    complaints.watch(context);
    return new Colleague(context, await context.newPage(), complaints, chat);
  }

  /** Turns the one-time code into an account with a password. */
  async activate(login: string, code: string): Promise<void> {
    const { page } = this;
    await page.goto(this.chat);
    await page.getByTestId('sign-in').waitFor();
    await page.locator('a[href="/activate"]').click();
    await page.getByTestId('activate-login').fill(login);
    await page.getByTestId('activate-code').fill(code);
    await page.getByTestId('activate-password').fill(password);
    await page.getByTestId('activate-repeat').fill(password);
    await page.getByTestId('activate-submit').click();
    await this.live();
  }

  async signIn(login: string): Promise<void> {
    const { page } = this;
    await page.goto(this.chat);
    await page.getByTestId('sign-in').waitFor();
    await page.getByLabel('Benutzername').fill(login);
    await page.getByLabel('Passwort').fill(password);
    await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
    await this.live();
  }

  async live(): Promise<void> {
    await expect(this.page.getByTestId('connection-state')).toHaveAttribute('data-state', 'live');
  }

  /** The id under which the hub knows this browser, once it has made its keys. */
  async device(): Promise<string> {
    return until('the device', async () => {
      const answer = await this.page.request.get(`${this.chat}/api/v1/me`);
      return ((await answer.json()) as { device_id: string }).device_id || undefined;
    });
  }

  /** Goes back to the list, where that is a page of its own. */
  async list(): Promise<void> {
    await this.page.goto(this.chat);
    await expect(this.page.getByTestId('room-search')).toBeVisible();
  }

  /** Goes back to the list as people do, by the arrow. */
  async back(): Promise<void> {
    await this.page.getByRole('link', { name: 'Zurück zu den Chats' }).click();
    await expect(this.page.getByTestId('room-search')).toBeVisible();
  }

  row(title: string): Locator {
    return this.page.getByTestId('chat-row').filter({ hasText: title });
  }

  async open(title: string): Promise<void> {
    if (!(await this.row(title).first().isVisible())) await this.list();
    await this.row(title).first().click();
    await expect(this.page.getByTestId('conversation')).toBeVisible();
  }

  /** Finds somebody and begins a conversation. */
  async direct(name: string): Promise<void> {
    await this.page.goto(`${this.chat}/new`);
    await this.page.getByTestId('people-search').fill(name);
    await this.page.getByTestId('person-row').filter({ hasText: name }).click();
    await expect(this.page.getByTestId('composer')).toBeVisible();
  }

  async group(title: string, names: string[]): Promise<void> {
    const { page } = this;
    await page.goto(`${this.chat}/new`);
    await page.getByTestId('new-kind').getByText('Gruppe').click();
    await page.getByTestId('group-title').fill(title);
    for (const name of names) {
      await page.getByTestId('people-search').fill(name);
      await page.getByTestId('person-row').filter({ hasText: name }).click();
    }
    await page.getByTestId('create-group').click();
    await expect(page.getByTestId('composer')).toBeVisible();
  }

  async write(text: string, prio = 0): Promise<void> {
    const { page } = this;
    if (prio > 0) {
      await page.getByTestId('priority').click();
      await page.getByTestId(`priority-${prio}`).click();
    }
    await page.getByTestId('composer').fill(text);
    await page.getByTestId('send').click();
    await expect(this.message(text)).toBeVisible();
  }

  /** A message by its words. */
  message(text: string): Locator {
    return this.page.getByTestId('message').filter({ has: this.page.getByTestId('message-text').getByText(text, { exact: true }) });
  }

  /** The code this new browser shows, to be typed on one that is linked. */
  async linkCode(): Promise<string> {
    await this.page.goto(`${this.chat}/link`);
    const code = this.page.getByTestId('link-code');
    await expect(code).toHaveText(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    return (await code.textContent()) ?? '';
  }

  /** Links a new browser of the same person. */
  async link(code: string): Promise<void> {
    const { page } = this;
    await page.goto(`${this.chat}/settings`);
    await page.getByTestId('open-add-device').click();
    await page.getByTestId('typed-code').fill(code);
    await page.getByTestId('link-device').click();
    await expect(page.getByTestId('device-linked')).toBeVisible();
  }
}
