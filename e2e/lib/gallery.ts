import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const out = path.resolve(import.meta.dirname, '../out');
const pictures = path.resolve(import.meta.dirname, '../../docs/pictures');
const heights: Record<number, number> = { 390: 844, 1400: 900 };
const mostBytes = 250_000;

type Finding = { id: string; impact: string; nodes: { target: string[] }[] };

/** Gallery looks at screens in all their variants and keeps what is wrong with them. */
export class Gallery {
  readonly wrong: string[] = [];

  constructor() {
    mkdirSync(out, { recursive: true });
  }

  /**
   * Takes a screen in light and dark at each width. Every variant is judged by axe (serious
   * and critical findings count) and must not scroll sideways. With PICTURES=1 the light one
   * of the first width becomes docs/pictures/<name>-<width>.png, if shown is set.
   */
  async look(page: Page, name: string, widths: number[], shown = false): Promise<void> {
    for (const width of widths) {
      await page.setViewportSize({ width, height: heights[width] ?? 900 });
      for (const scheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await this.judge(page, `${name} ${width} ${scheme}`);
        const picture = await page.screenshot({ path: path.join(out, `${name}-${width}-${scheme}.png`) });
        if (shown && scheme === 'light' && width === widths[0] && process.env['PICTURES']) {
          const file = path.join(pictures, `${name}-${width}.png`);
          writeFileSync(file, picture);
          expect(statSync(file).size, file).toBeLessThan(mostBytes);
        }
      }
    }
    await page.setViewportSize({ width: widths[0] ?? 1400, height: heights[widths[0] ?? 1400] ?? 900 });
  }

  // Evaluated from outside the page, axe needs no exception from the content security policy.
  private async judge(page: Page, what: string): Promise<void> {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const run = (globalThis as unknown as { axe: { run(on: Document, options: object): Promise<{ violations: Finding[] }> } }).axe.run;
      const { violations } = await run(document, { resultTypes: ['violations'] });
      const { scrollWidth, clientWidth } = document.documentElement;
      return { violations: violations.map(({ id, impact, nodes }) => ({ id, impact, target: nodes[0]?.target.join(' ') })), sideways: scrollWidth > clientWidth };
    });
    for (const { id, impact, target } of found.violations) {
      if (impact === 'serious' || impact === 'critical') this.wrong.push(`${what}: ${id} at ${target}`);
    }
    if (found.sideways) this.wrong.push(`${what}: scrolls sideways`);
  }
}
