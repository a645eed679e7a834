import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { request, type APIRequestContext } from '@playwright/test';
import { freePort, until } from './net';

const root = path.resolve(import.meta.dirname, '../..');

/** A real hub in a directory of its own, with its private PostgreSQL. */
export class Hub {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'wl-e2e-'));
  chat = '';
  console = '';
  management = '';
  private child?: ChildProcess;
  private output = '';

  static async start(): Promise<Hub> {
    const hub = new Hub();
    chmodSync(hub.dir, 0o711); // PostgreSQL runs as another user when the tests run as root
    const [chat, console_, management] = [await freePort(), await freePort(), await freePort()];
    hub.chat = `http://localhost:${chat}`;
    hub.console = `http://localhost:${console_}`;
    hub.management = `http://127.0.0.1:${management}`;
    await hub.run();
    return hub;
  }

  /** Starts the process; also after kill, on the same data. */
  async run(): Promise<void> {
    const at = (url: string) => `127.0.0.1:${new URL(url).port}`;
    this.child = spawn(
      path.join(root, 'bin/wardline'),
      ['serve', '--data-dir', path.join(this.dir, 'data'), '--chat', at(this.chat), '--console', at(this.console), '--manage', at(this.management)],
      { env: { ...process.env, WARDLINE_CHAT_URL: this.chat, WARDLINE_CONSOLE_URL: this.console, WARDLINE_CLINIC_NAME: 'Klinikum Lindenau' } },
    );
    const child = this.child;
    child.stdout?.on('data', (b: Buffer) => (this.output += b.toString()));
    child.stderr?.on('data', (b: Buffer) => (this.output += b.toString()));
    await until(`the hub to be ready`, async () => {
      if (child.exitCode !== null) throw new Error(`hub ended with ${child.exitCode}:\n${this.output}`);
      try {
        return (await fetch(`${this.management}/readyz`)).ok || undefined;
      } catch {
        return undefined;
      }
    }, 60_000).catch((err: unknown) => {
      throw new Error(`${String(err)}\n${this.output}`);
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((r) => child.once('exit', r));
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The text the hub has written so far. */
  log(): string {
    return this.output;
  }

  /** A one-time link that signs in as the break-glass administrator. */
  async adminLink(): Promise<string> {
    return until('the administrator link', () => this.output.match(/http:\/\/\S+#token=\S+/)?.[0]);
  }

  /** Signs in at the console over its API. */
  async admin(): Promise<Admin> {
    const token = new URL(await this.adminLink()).hash.replace('#token=', '');
    const context = await request.newContext({ baseURL: this.console, extraHTTPHeaders: { origin: this.console } });
    const api = new Admin(context);
    await api.post('/auth/link', { token: decodeURIComponent(token) });
    return api;
  }
}

/** The console's API as an administrator uses it. */
export class Admin {
  constructor(readonly context: APIRequestContext) {}

  async get<T>(url: string): Promise<T> {
    const res = await this.context.get(`/api/v1${url}`);
    if (!res.ok()) throw new Error(`GET ${url}: ${res.status()} ${await res.text()}`);
    return (await res.json()) as T;
  }

  async post<T>(url: string, data: unknown, method: 'POST' | 'PUT' = 'POST', headers: Record<string, string> = {}): Promise<T> {
    const res = await this.context.fetch(`/api/v1${url}`, { method, data, headers });
    if (!res.ok()) throw new Error(`${method} ${url}: ${res.status()} ${await res.text()}`);
    return (res.status() === 204 ? undefined : await res.json()) as T;
  }

  async connector(kind: string, name: string, config: Record<string, unknown>): Promise<{ id: string; revision: number }> {
    return this.post('/connectors', { kind, name, enabled: true, config });
  }

  /** The activation code of a person, found by staff number. */
  async code(staff: string): Promise<string> {
    const person = await until(`person ${staff}`, async () => {
      const found = await this.get<{ items: { staff_number: string; account?: { id: string } }[] }>(`/persons?q=${staff}`);
      return found.items.find((p) => p.staff_number === staff && p.account);
    });
    return (await this.post<{ code: string }>(`/accounts/${person.account!.id}/code`, {})).code;
  }

  /** Makes a duty role on a ward, once the ward exists. */
  async role(ward: string, name: string): Promise<string> {
    const unit = await until(`unit ${ward}`, async () => {
      const found = await this.get<{ items: { id: string; code: string }[] }>('/units');
      return found.items.find((u) => u.code === ward);
    });
    return (await this.post<{ id: string }>(`/units/${unit.id}/roles`, { name })).id;
  }
}
