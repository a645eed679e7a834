import { expect, test, type Page } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Hub } from '../lib/hub';
import { Kis } from '../lib/kis';
import { closed, freePort } from '../lib/net';

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let admin: Admin;
let page: Page;
let id: string;
let before: number;
let after: number;

/** Sends one member of staff to a port and returns the acknowledgement's code. */
async function accepted(port: number, number: string): Promise<string> {
  const kis = await Kis.dial(port);
  const ack = await kis.staff({ number, family: 'Kraus', given: 'Ines', ward: '4B' });
  kis.close();
  return ack.find((s) => s.startsWith('MSA|'))?.split('|')[1] ?? '';
}

const address = () => page.getByLabel('Adresse und Port', { exact: true });

async function save(comment: string, value: string): Promise<void> {
  await address().fill(value);
  await page.getByLabel('Kommentar zur Änderung').fill(comment);
  await page.getByTestId('connector-save').click();
}

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  admin = await Admin.signIn(browser, hub);
  [before, after] = [await freePort(), await freePort()];
  id = (await admin.mllp(before, 'KIS Lindenau')).id;
  page = await admin.open(`/connectors/${id}`);
});

test.afterAll(async ({ browser }) => hub?.stop(browser));

test('the port is tested, changed and served without a restart', async () => {
  expect(await accepted(before, '4801')).toBe('CA');
  await address().fill(`127.0.0.1:${after}`);
  await page.getByTestId('connector-test').click();
  await expect(page.getByTestId('test-result')).toHaveAttribute('data-ok', 'true');

  await save('Umzug auf einen anderen Port', `127.0.0.1:${after}`);
  await expect(page.getByText('Gespeichert als Revision 2.')).toBeVisible();
  expect(await accepted(after, '4802')).toBe('CA');
  await closed(before);
});

test('an address that is none is refused at its field, and the port in use keeps serving', async () => {
  await save('Tippfehler', '127.0.0.1:notaport');
  await expect(address()).toHaveAttribute('aria-invalid', 'true');
  await expect(address()).toHaveAccessibleDescription(/port/i);
  expect(await accepted(after, '4803')).toBe('CA');
});

test('a port that somebody else has is refused, and the port in use keeps serving', async () => {
  const taken = new URL(hub.chat).port;
  await address().fill(`127.0.0.1:${taken}`);
  await page.getByTestId('connector-test').click();
  await expect(page.getByTestId('test-result')).toHaveAttribute('data-ok', 'false');

  await page.getByTestId('connector-save').click();
  await expect(page.getByText('Der bisherige Stand läuft unverändert weiter.')).toBeVisible();
  const { revision } = await admin.call<{ revision: number }>('GET', `/connectors/${id}`);
  expect(revision).toBe(2);
  expect(await accepted(after, '4804')).toBe('CA');
});

test('one revision back, the old port serves again', async () => {
  await admin.open(`/connectors/${id}?tab=revisions`);
  const second = page.locator('[data-testid=revision][data-revision="2"]');
  await expect(second).toContainText(`127.0.0.1:${before}`);
  await expect(second).toContainText(`127.0.0.1:${after}`);
  await expect(second).toContainText('Umzug auf einen anderen Port');
  await page.locator('[data-testid=revision][data-revision="1"]').getByTestId('revision-revert').click();
  await page.getByRole('dialog').getByRole('button').last().click();
  await expect(page.locator('[data-testid=revision][data-revision="3"]')).toContainText('aktuell');
  expect(await accepted(before, '4805')).toBe('CA');
  await closed(after);
});

test('every message that was acknowledged is there', async () => {
  for (const number of ['4801', '4802', '4803', '4804', '4805']) {
    const found = await admin.call<{ items: { staff_number: string }[] }>('GET', `/persons?q=${number}`);
    expect(found.items.map((p) => p.staff_number)).toEqual([number]);
  }
  admin.complaints.none();
});
