import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from '@playwright/test';
import { freePort, until } from './net';

const root = path.resolve(import.meta.dirname, '../..');
const binary = process.env['HUB_BINARY'] ?? path.join(root, 'bin/wardline');

/** A real hub in a directory of its own, with its private PostgreSQL. */
export class Hub {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'wl-e2e-'));
  chat = '';
  console = '';
  management = '';
  private child?: ChildProcess;
  private recorder?: ChildProcess;
  private output = '';

  /** Starts `wardline serve`, or `wardline demo` with its simulated clinic. */
  static async start(command: string[] = ['serve']): Promise<Hub> {
    const hub = new Hub();
    chmodSync(hub.dir, 0o711); // PostgreSQL runs as another user when the tests run as root
    hub.chat = `http://localhost:${await freePort()}`;
    hub.console = `http://localhost:${await freePort()}`;
    hub.management = `http://127.0.0.1:${await freePort()}`;
    await hub.run(command);
    return hub;
  }

  private spawn(command: string[]): ChildProcess {
    const at = (url: string) => `127.0.0.1:${new URL(url).port}`;
    const child = spawn(
      binary,
      [...command, '--data-dir', path.join(this.dir, 'data'), '--chat', at(this.chat), '--console', at(this.console), '--manage', at(this.management)],
      { env: { ...process.env, WARDLINE_CHAT_URL: this.chat, WARDLINE_CONSOLE_URL: this.console, WARDLINE_CLINIC_NAME: 'Klinikum Lindenau' } },
    );
    child.stdout.on('data', (b: Buffer) => (this.output += b.toString()));
    child.stderr.on('data', (b: Buffer) => (this.output += b.toString()));
    return child;
  }

  /** Starts the recorder beside the hub. The demo starts its own. */
  record(): void {
    this.recorder = this.spawn(['recorder']);
  }

  private async run(command: string[]): Promise<void> {
    this.child = this.spawn(command);
    await this.wait('the hub to be ready', async () => {
      try {
        return (await fetch(`${this.management}/readyz`)).ok || undefined;
      } catch {
        return undefined;
      }
    });
  }

  /** Waits for something the hub is about to do, and shows its output when it does not. */
  private async wait<T>(what: string, get: () => T | undefined | Promise<T | undefined>): Promise<T> {
    return until(what, () => {
      if (this.child?.exitCode != null) throw new Error(`the hub ended with ${this.child.exitCode}:\n${this.output}`);
      return get();
    }, 60_000).catch((err: unknown) => {
      throw new Error(`${String(err)}\n${this.output}`);
    });
  }

  /** What the hub and the recorder have logged as errors. */
  errors(): string[] {
    return this.said('"level":"ERROR"');
  }

  /** The lines of the log with these words. */
  said(words: string): string[] {
    return this.output.split('\n').filter((line) => line.includes(words));
  }

  /**
   * Closes every page, which would otherwise go on calling this hub until the last journey, ends the
   * process and waits until it is gone: the next hub has the machine for itself.
   */
  async stop(browser: Browser): Promise<void> {
    for (const context of browser.contexts()) await context.close();
    for (const child of [this.recorder, this.child]) {
      if (!child || child.exitCode !== null) continue;
      const ended = new Promise((r) => child.once('exit', r));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The one-time sign-in links the hub has printed, once there are that many. */
  async links(count = 1): Promise<string[]> {
    return this.wait(`${count} sign-in link(s)`, () => {
      const found = this.output.match(/http:\/\/\S+#token=\S+/g) ?? [];
      return found.length >= count ? found : undefined;
    });
  }
}
