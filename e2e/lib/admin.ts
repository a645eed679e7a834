import { expect, type Browser, type Page } from '@playwright/test';
import type { Hub } from './hub';
import { until } from './net';
import { Complaints } from './watch';

type Rule = Record<string, unknown>;

/** An IT administrator: a browser at the console, and the console's API with the same sign-in. */
export class Admin {
  private constructor(readonly page: Page, private readonly base: string, readonly complaints: Complaints) {}

  /** Follows the one-time link the hub has printed. */
  static async signIn(browser: Browser, hub: Hub): Promise<Admin> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const complaints = new Complaints();
    complaints.watch(context);
    const page = await context.newPage();
    await page.goto((await hub.links())[0]!);
    await expect(page.getByRole('navigation')).toBeVisible();
    return new Admin(page, hub.console, complaints);
  }

  /** Opens a page of the console by its address. */
  async open(path: string): Promise<Page> {
    await this.page.goto(this.base + path);
    await expect(this.page.getByRole('heading', { level: 1 })).toBeVisible();
    return this.page;
  }

  async call<T>(method: 'GET' | 'POST' | 'PUT', url: string, data?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const res = await this.page.request.fetch(`${this.base}/api/v1${url}`, { method, headers: { origin: this.base, ...headers }, ...(data === undefined ? {} : { data }) });
    if (!res.ok()) throw new Error(`${method} ${url}: ${res.status()} ${await res.text()}`);
    return (res.status() === 204 ? undefined : await res.json()) as T;
  }

  async connector(kind: string, name: string, config: Record<string, unknown>): Promise<{ id: string; revision: number }> {
    return this.call('POST', '/connectors', { kind, name, enabled: true, config });
  }

  /** A receiving port for the KIS. */
  async mllp(port: number, name = 'KIS'): Promise<{ id: string; revision: number }> {
    return this.connector('hl7v2-mllp', name, { address: `127.0.0.1:${port}` });
  }

  /** A port a nurse-call system logs in at, as rufanlage with the password geheim12. */
  async espax(port: number, name = 'Rufanlage'): Promise<{ id: string; revision: number }> {
    return this.connector('espa-x', name, { address: `127.0.0.1:${port}`, user: 'rufanlage', password: 'geheim12' });
  }

  /** Makes a duty role on a ward, once the ward exists. */
  async role(ward: string, name: string): Promise<string> {
    const unit = await until(`unit ${ward}`, async () => {
      const found = await this.call<{ items: { id: string; code: string }[] }>('GET', '/units');
      return found.items.find((u) => u.code === ward);
    });
    return (await this.call<{ id: string }>('POST', `/units/${unit.id}/roles`, { name })).id;
  }

  /** Replaces the rules by one catch-all with these steps. */
  async steps(steps: { kinds: string[]; seconds: number }[]): Promise<void> {
    const { revision, items } = await this.call<{ revision: number; items: Rule[] }>('GET', '/rules');
    const policy = { steps: steps.map(({ kinds, seconds }) => ({ targets: kinds.map((kind) => ({ kind })), seconds })), need: 1, accept_seconds: 900, max_seconds: 86_400 };
    await this.call('PUT', '/rules', { items: [{ ...items.at(-1), policy }] }, { 'If-Match': `"${revision}"` });
  }

  /** Hands in a sheet that names everybody and has it taken with the columns the hub suggests. */
  async sheet(rows: string[]): Promise<void> {
    const file = { name: 'personal.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\r\n')) };
    const res = await this.page.request.post(`${this.base}/api/v1/imports`, { headers: { origin: this.base }, multipart: { file } });
    if (!res.ok()) throw new Error(`POST /imports: ${res.status()} ${await res.text()}`);
    const { id, suggested, key } = (await res.json()) as { id: string; suggested: unknown; key: string };
    const run = await this.call<{ state: string; faults: number }>('POST', `/imports/${id}/apply`, { mapping: suggested, mode: 'full', key });
    expect(run).toMatchObject({ state: 'applied', faults: 0 });
  }

  /** Looks a person up in the console and opens their page. */
  async person(number: string): Promise<Page> {
    const page = await this.open(`/persons?q=${number}`);
    await page.locator(`[data-testid=person-row][data-staff-number="${number}"]`).getByRole('link').first().click();
    await expect(page.getByTestId('account-login')).toBeVisible();
    return page;
  }

  /** Makes an activation code for a person in the console and reads it off the screen. */
  async code(number: string): Promise<string> {
    const page = await this.person(number);
    await page.getByTestId('code-create').click();
    return page.getByTestId('code-display').innerText();
  }

  /** Makes an activation code without the screen, for journeys that are about something else. */
  async codeFor(number: string): Promise<string> {
    const { items } = await this.call<{ items: { account?: { id: string } }[] }>('GET', `/persons?q=${number}`);
    return (await this.call<{ code: string }>('POST', `/accounts/${items[0]!.account!.id}/code`, {})).code;
  }
}
