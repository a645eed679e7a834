import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Hub } from '../lib/hub';
import { Kis, type Staff } from '../lib/kis';
import { freePort } from '../lib/net';

test.describe.configure({ mode: 'serial' });

const staff: Staff[] = Array.from({ length: 40 }, (_, n) => ({ number: String(5001 + n), family: `Beispiel-${n + 1}`, given: 'Kim', ward: n % 2 ? '4B' : 'CHI3' }));

let hub: Hub;
let admin: Admin;
let kis: Kis;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  admin = await Admin.signIn(browser, hub);
  const mllp = await freePort();
  await admin.mllp(mllp);
  kis = await Kis.dial(mllp);
});

test.afterAll(async ({ browser }) => {
  kis?.close();
  await hub?.stop(browser);
});

test('a full reload with one of forty people changes nothing until somebody has judged it', async () => {
  await kis.all(staff);
  await kis.all(staff.slice(0, 1));
  const page = await admin.open('/plans');
  const row = page.getByTestId('plan-row');
  await expect(row).toContainText('39 von 40 Beschäftigten fehlen in der Quelle; sie nennt nur 1.');
  const people = () => admin.call<{ persons: { active: number } }>('GET', '/overview').then((o) => o.persons.active);
  expect(await people()).toBe(40);

  await row.getByRole('link').first().click();
  await expect(page.locator('[data-testid=plan-action][data-op=lock]').first()).toContainText('Beispiel-');
  await page.getByTestId('plan-approve').click();
  const dialog = page.getByRole('dialog');
  const approve = dialog.getByRole('button', { name: 'Freigeben' });
  await dialog.getByRole('textbox').fill('38');
  await expect(approve).toBeDisabled();
  await dialog.getByRole('textbox').fill('39');
  await approve.click();
  await expect(page.getByText('Der Plan ist freigegeben.')).toBeVisible();
  expect(await people()).toBe(1);
});

test('a message is found by its control id and shown by its segments', async () => {
  await kis.send([kis.header('MFN^M02^MFN_M02', 'SUCHE-1'), 'MFI|PRA^Practitioner^HL70175|KIS^^|UPD|||NE', 'MFE|MUP|R||5001^^KIS|CE', 'STF|5001^^KIS|5001^^^KIS^PN|Lindqvist^Kim']);
  const page = await admin.open('/messages');
  await page.getByTestId('filter-control').fill('SUCHE-1');
  const row = page.locator('[data-testid=message-row]');
  await expect(row).toHaveCount(1);
  await expect(row).toHaveAttribute('data-state', 'applied');
  await row.getByRole('link').first().click();
  await expect(page.getByRole('table', { name: 'STF', exact: true })).toContainText('Lindqvist');
  await page.getByRole('tab', { name: 'Original' }).or(page.getByRole('tab').last()).first().click();
  await expect(page.getByTestId('message-raw')).toContainText('MSH|^~\\&|KIS|LINDEN');
});

test('a message that could not be applied is found by its fault and can be replayed', async () => {
  const ack = await kis.send([kis.header('ORU^R01^ORU_R01', 'FEHLER-1'), 'PID|1||77', 'OBR|1']);
  expect(ack.find((s) => s.startsWith('MSA|'))).toMatch(/^MSA\|CA\|FEHLER-1/);
  const page = await admin.open('/messages');
  await page.getByTestId('fault').first().click();
  await page.locator('[data-control-id="FEHLER-1"]').getByRole('link').first().click();
  await expect(page.getByTestId('message-fault')).toHaveAttribute('data-fault', 'unknown_type');
  await page.getByTestId('message-replay').click();
  await expect(page.getByText(/^Erneut verarbeitet/)).toBeVisible();
  await expect(page.getByTestId('message')).toHaveAttribute('data-state', 'error');
});

test('a signal can be tried without calling anybody', async () => {
  await admin.role('CHI3', 'Pflege CHI3');
  const page = await admin.open('/rules');
  await page.getByTestId('try-ward').fill('CHI3');
  await page.getByTestId('rules-try').click();
  await expect(page.getByTestId('try-result')).toHaveAttribute('data-rule-name', 'Alle Rufe');
  await expect(page.getByTestId('try-step')).toHaveCount(3);
  const { items } = await admin.call<{ items: unknown[] }>('GET', '/alerts?state=all');
  expect(items).toEqual([]);
});

test('whatever is taken away for good leads back to its list', async () => {
  const { id } = await admin.call<{ id: string }>('POST', '/connectors', { kind: 'hl7v2-mllp', name: 'Alt', enabled: false, config: { address: `127.0.0.1:${await freePort()}` } });
  let page = await admin.open(`/connectors/${id}`);
  await page.getByTestId('connector-delete').click();
  await page.getByRole('dialog').getByRole('textbox').fill('Alt');
  await page.getByRole('dialog').getByRole('button', { name: 'Löschen' }).click();
  await expect(page).toHaveURL(/\/connectors$/);

  await admin.sheet(['Personalnummer;Nachname;Vorname', '9001;Grün;Ada']);
  page = await admin.person('9001');
  await page.getByTestId('person-erase').click();
  await page.getByRole('dialog').getByRole('textbox').fill('9001');
  await page.getByRole('dialog').getByRole('button', { name: 'löschen' }).click();
  await expect(page.getByText('Die Person ist gelöscht.')).toBeVisible();
  await expect(page).toHaveURL(/\/persons$/);
});

test('no page complained', () => admin.complaints.none());
