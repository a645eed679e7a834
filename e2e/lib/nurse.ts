import { expect, type Browser, type Locator, type Page } from '@playwright/test';
import { Complaints } from './watch';

/** A nurse with her own phone: a browser profile of its own, as wide as a phone. */
export class Nurse {
  private constructor(readonly page: Page, readonly complaints: Complaints) {}

  static async phone(browser: Browser): Promise<Nurse> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true });
    const complaints = new Complaints();
    complaints.watch(context);
    return new Nurse(await context.newPage(), complaints);
  }

  /** Turns the one-time code into an account with a password and waits for the stream. */
  async activate(chat: string, login: string, code: string, password = 'Der Kaffee auf Station ist kalt'): Promise<void> {
    const { page } = this;
    await page.goto(chat);
    await page.getByTestId('sign-in').waitFor();
    await page.locator('a[href="/activate"]').click();
    await page.getByTestId('activate-login').fill(login);
    await page.getByTestId('activate-code').fill(code);
    await page.getByTestId('activate-password').fill(password);
    await page.getByTestId('activate-repeat').fill(password);
    await page.getByTestId('activate-submit').click();
    await this.live();
  }

  async live(): Promise<void> {
    await expect(this.page.getByTestId('connection-state')).toHaveAttribute('data-state', 'live');
  }

  async takeDuty(role: string): Promise<void> {
    const { page } = this;
    await page.getByTestId('duty-chip').click();
    await page.getByTestId('duty-role').filter({ hasText: role }).getByTestId('duty-toggle').click();
    await expect(page.getByTestId('duty-chip')).toHaveAttribute('data-on', 'true');
  }

  /** Opens the alarm room, where all cards are. */
  async room(name: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link').first().click();
    await this.page.getByTestId('room-row').filter({ hasText: name }).click();
    await expect(this.page.getByTestId('timeline')).toBeVisible();
  }

  overlay(): Locator {
    return this.page.getByTestId('alarm-overlay');
  }

  /** The cards whose text has these words. */
  cards(words: string): Locator {
    return this.page.getByTestId('alert-card').filter({ hasText: words });
  }

  async rings(level: string): Promise<void> {
    await expect(this.page.locator('html')).toHaveAttribute('data-ringing', level);
  }

  async quiet(): Promise<void> {
    await expect(this.page.locator('html')).not.toHaveAttribute('data-ringing');
  }

  /**
   * Presses a button of the full-screen alarm until it has taken. It ignores the first
   * moment, so that a thumb on its way does not answer a call nobody has read.
   */
  async answer(act: 'accept' | 'reject' | 'busy'): Promise<void> {
    const alert = await this.overlay().getAttribute('data-alert-id');
    await expect(async () => {
      const open = this.page.locator(`[data-testid=alarm-overlay][data-alert-id="${alert}"]`);
      if (await open.isVisible()) await open.getByTestId(`act-${act}`).click({ timeout: 300 });
      await expect(open).toBeHidden({ timeout: 300 });
    }).toPass({ timeout: 10_000 });
  }
}
