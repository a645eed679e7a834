import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from './net';

const root = path.resolve(import.meta.dirname, '../..');

/** An OpenID provider with a login form, one client and one user. */
export class Provider {
  readonly #dir = mkdtempSync(path.join(tmpdir(), 'wl-op-'));
  #child?: ChildProcess;
  issuer = '';

  static async start(redirects: string[], user: string, password: string): Promise<Provider> {
    const p = new Provider();
    const binary = path.join(p.#dir, 'op');
    execFileSync('go', ['build', '-o', binary, './e2e/op'], { cwd: root });
    const port = await freePort();
    p.issuer = `http://localhost:${port}/`;
    p.#child = spawn(binary, ['-port', String(port), '-redirects', redirects.join(','), '-user', user, '-password', password], { stdio: 'ignore' });
    await until('the provider to answer', async () => {
      try {
        return (await fetch(`${p.issuer}.well-known/openid-configuration`)).ok || undefined;
      } catch {
        return undefined;
      }
    }, 30_000);
    return p;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
