import { expect, type BrowserContext } from '@playwright/test';

/** What a page complained about: violations of its content security policy, errors, failed assertions. */
export class Complaints {
  private readonly found: string[] = [];

  /** Listens to every page of a context. Lost connections are no complaint: journeys cause them on purpose. */
  watch(context: BrowserContext): void {
    context.on('weberror', (error) => this.found.push(`${error.page()?.url()}: ${error.error().message}`));
    context.on('console', (message) => {
      const text = message.text();
      const expected = /Failed to load resource|net::ERR_|WebSocket connection to/.test(text);
      if (message.type() === 'error' && !expected) this.found.push(`${message.page()?.url()}: ${text}`);
    });
  }

  none(): void {
    expect(this.found).toEqual([]);
  }
}
