import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const out = path.resolve(import.meta.dirname, '../out');
const pictures = path.resolve(import.meta.dirname, '../../docs/pictures');
const heights: Record<number, number> = { 390: 844, 1400: 900 };
const mostBytes = 250_000;

type Finding = { id: string; impact: string; nodes: { target: string[]; any: { message: string }[] }[] };

/** Gallery looks at screens in all their variants and keeps what is wrong with them. */
export class Gallery {
  readonly wrong: string[] = [];

  constructor() {
    mkdirSync(out, { recursive: true });
  }

  /**
   * Takes a screen in light and dark at each width, loaded anew for each scheme and taken once
   * ready is there. Both are judged by axe at the first width (serious and critical findings
   * count), and no width may scroll sideways. With PICTURES=1 the light one of the first width
   * becomes docs/pictures/<name>-<width>.png, if shown is set.
   */
  async look(page: Page, name: string, ready: string, widths: [number, ...number[]], shown = false): Promise<void> {
    const size = (width: number) => ({ width, height: heights[width] ?? 900 });
    for (const scheme of ['dark', 'light'] as const) {
      await page.setViewportSize(size(widths[0]));
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.reload();
      await expect(page.locator(ready).first()).toBeVisible();
      await this.judge(page, `${name} ${scheme}`);
      for (const width of widths) {
        await page.setViewportSize(size(width));
        const picture = await page.screenshot({ path: path.join(out, `${name}-${width}-${scheme}.png`) });
        if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)) this.wrong.push(`${name} ${width}: scrolls sideways`);
        if (shown && scheme === 'light' && width === widths[0] && process.env['PICTURES']) this.keep(`${name}-${width}.png`, picture);
      }
    }
    await page.setViewportSize(size(widths[0]));
  }

  private keep(name: string, picture: Buffer): void {
    expect(picture.length, name).toBeLessThan(mostBytes);
    writeFileSync(path.join(pictures, name), picture);
  }

  // Evaluated from outside the page, axe needs no exception from the content security policy.
  private async judge(page: Page, what: string): Promise<void> {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const run = (globalThis as unknown as { axe: { run(on: Document, options: object): Promise<{ violations: Finding[] }> } }).axe.run;
      const { violations } = await run(document, { resultTypes: ['violations'] });
      return violations.map(({ id, impact, nodes }) => ({ id, impact, where: `${nodes[0]?.target.join(' ')}: ${nodes[0]?.any[0]?.message}` }));
    });
    for (const { id, impact, where } of found) {
      if (impact === 'serious' || impact === 'critical') this.wrong.push(`${what}: ${id} at ${where}`);
    }
  }
}
