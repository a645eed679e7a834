import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Colleague } from '../lib/colleague';
import { Hub } from '../lib/hub';
import { Kis, type Staff } from '../lib/kis';
import { freePort } from '../lib/net';

test.describe.configure({ mode: 'serial' });

const staff: Staff[] = Array.from({ length: 40 }, (_, n) => ({ number: String(6001 + n), family: `Muster-${n + 1}`, given: 'Kim', ward: '4B' }));

let hub: Hub;
let admin: Admin;
let kis: Kis;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  hub.record();
  admin = await Admin.signIn(browser, hub);
  const mllp = await freePort();
  await admin.mllp(mllp);
  kis = await Kis.dial(mllp);
});

test.afterAll(async ({ browser }) => {
  kis?.close();
  await hub?.stop(browser);
});

const active = () => admin.call<{ persons: { active: number } }>('GET', '/overview').then((o) => o.persons.active);

test('a faulty sheet is mapped, tried, taken without its bad rows, and taken back', async () => {
  const before = await active();
  const sheet = [
    'Personalnummer;Nachname;Vorname;E-Mail;Station;Eintritt',
    '9001;Grün;Ada;ada@klinik.example;4B;01.02.2020',
    ';Ohne;Nummer;ohne@klinik.example;4B;',
    '9003;Rot;Bo;bo@klinik.example;4B;31.02.2020',
    '9001;Doppelt;Eva;eva@klinik.example;4B;',
    '9005;Blau;Uwe;uwe@klinik.example;4B;2021-03-04',
  ].join('\r\n');
  const page = await admin.open('/imports');
  await page.getByTestId('file-pick').setInputFiles({ name: 'personal.csv', mimeType: 'text/csv', buffer: Buffer.from(`﻿${sheet}`) });
  await page.getByTestId('import-dry').click();
  await expect(page.getByTestId('import-apply')).toBeVisible();
  expect(await active()).toBe(before);

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('import-result').click()]);
  const result = await (await download.createReadStream()).toArray().then((parts) => Buffer.concat(parts as Buffer[]).toString('utf8'));
  expect(result).toContain('missing_key');
  expect(result).toContain('duplicate_key');

  await page.getByTestId('import-apply').click();
  await expect(page.getByTestId('import-done')).toHaveAttribute('data-state', 'applied');
  const taken = (await active()) - before;
  expect(taken).toBeGreaterThanOrEqual(2);
  expect(taken).toBeLessThanOrEqual(3);

  await page.getByTestId('plan-undo').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rückgängig machen' }).click();
  await expect(page.getByTestId('undo-result')).toBeVisible();
  expect(await active()).toBe(before);
  admin.complaints.none();
});

test('a held plan is judged, applied and undone', async () => {
  const before = await active();
  await kis.all(staff);
  await kis.all(staff.slice(0, 10));
  const page = await admin.open('/plans?state=held');
  await page.getByTestId('plan-row').first().getByRole('link').first().click();
  await expect(page.getByTestId('plan-reason')).toContainText('30 von 40');
  await page.getByTestId('plan-approve').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('30');
  await dialog.getByRole('button', { name: 'Freigeben' }).click();
  await expect(page.getByText('Der Plan ist freigegeben.')).toBeVisible();
  expect(await active()).toBe(before + 10);

  await page.getByTestId('plan-undo').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rückgängig machen' }).click();
  await expect(page.getByTestId('undo-result')).toContainText('30');
  expect(await active()).toBe(before + 40);
});

test('whoever is locked sees the open chat end, and leaves the rooms', async ({ browser }) => {
  const [ada, bo] = [await Colleague.phone(browser, hub.chat), await Colleague.phone(browser, hub.chat)];
  await ada.activate('6001', await admin.code('6001'));
  await bo.activate('6002', await admin.code('6002'));
  await ada.direct('Muster-2');
  const page = await admin.person('6001');
  await page.getByTestId('account-lock').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sperren' }).click();
  await expect(page.getByTestId('lock-here')).toHaveAttribute('data-locked', 'true');
  await expect(ada.page.getByTestId('sign-in')).toBeVisible({ timeout: 2_000 });
  const answer = await ada.page.request.get(`${hub.chat}/api/v1/me`);
  expect(answer.status()).toBe(401);
  await ada.context.close();
  await bo.context.close();
});
