import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Hub } from '../lib/hub';
import { Kis } from '../lib/kis';
import { freePort } from '../lib/net';
import { Nurse } from '../lib/nurse';
import { NurseCall } from '../lib/nursecall';

const ada = { number: '4711', family: 'Öztürk-Weiß', given: 'Ada', ward: '4B' };
const jan = { number: '4712', family: 'Nowak', given: 'Jan', ward: '4B' };

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let admin: Admin;
let kis: Kis;
let call: NurseCall;
let onDuty: Nurse;
let offDuty: Nurse;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  admin = await Admin.signIn(browser, hub);
  const [mllp, espax] = [await freePort(), await freePort()];
  await admin.mllp(mllp);
  await admin.espax(espax);
  kis = await Kis.dial(mllp);
  for (const person of [ada, jan]) await kis.staff(person);
  await admin.role('4B', 'Pflege 4B');
  await admin.steps([
    { kinds: ['duty'], seconds: 5 },
    { kinds: ['ward'], seconds: 5 },
  ]);
  onDuty = await Nurse.phone(browser);
  offDuty = await Nurse.phone(browser);
  await onDuty.activate(hub.chat, ada.number, await admin.code(ada.number));
  await offDuty.activate(hub.chat, jan.number, await admin.code(jan.number));
  await onDuty.takeDuty('Pflege 4B');
  call = await NurseCall.dial(espax);
  await call.login('rufanlage', 'geheim12');
});

test.afterAll(async ({ browser }) => {
  call?.close();
  kis?.close();
  await hub?.stop(browser);
});

test('nobody answers: the next step is asked, then the source hears that nobody comes', async () => {
  const began = Date.now();
  await call.call('ruf-9', '4B', '3', '1', 'Toilettengang', 'High');
  await onDuty.rings('urgent');
  await expect(offDuty.overlay()).toBeHidden();

  await offDuty.rings('urgent');
  expect(Date.now() - began, 'the second step begins after the first is over').toBeGreaterThan(4_500);
  await onDuty.rings('urgent');

  const ended = await call.told('IND.P-ENDED', (m) => m.text('CP-PR-REF') === 'ruf-9');
  expect([ended.text('SP-ENDREASON'), ended.text('SP-RESULT')]).toEqual(['Failure', 'Negative']);
  expect(Date.now() - began, 'both steps took their time').toBeGreaterThan(9_500);
  expect(call.about('ruf-9').filter((m) => m.text('SS-RESULT') === 'No answer').length).toBeGreaterThan(0);
});

test('the phones say that nobody comes', async () => {
  for (const nurse of [onDuty, offDuty]) {
    await expect(nurse.page.getByTestId('overlay-status')).toHaveText('Nicht angenommen – niemand kommt!');
    await nurse.rings('urgent');
  }
});

test('the console shows the alert, a technical alert and the whole story', async () => {
  const page = await admin.open('/board?state=all');
  const row = page.getByTestId('alert-row').filter({ hasText: 'Toilettengang' });
  await expect(row).toHaveAttribute('data-state', 'exhausted');
  await expect(page.getByTestId('alert-row').filter({ hasText: 'Technischer Alarm' })).toBeVisible();

  await row.getByTestId('alert-open').click();
  const story = page.getByTestId('story');
  await expect(story).toContainText('Der Ruf ist eingegangen.');
  await expect(story).toContainText('Die Regel „Alle Rufe“ gilt.');
  await expect(story).toContainText('Stufe 1 beginnt: eine Person wird gerufen.');
  await expect(story).toContainText('Der Alarm ist auf einem Gerät von Ada Öztürk-Weiß angekommen.');
  await expect(story).toContainText('Stufe 2 beginnt: 2 Personen werden gerufen.');
  await expect(story).toContainText('Alle Stufen sind durchlaufen, niemand hat übernommen.');
  await expect(page.locator('[data-testid=answer-row][data-kind=not_accepted]')).toHaveAttribute('data-state', 'delivered');
});

test('an answer that comes late is taken all the same', async () => {
  await offDuty.answer('accept');
  await expect(offDuty.page.getByTestId('mine')).toContainText('Zimmer 3 · Bett 1');
  await onDuty.quiet();
  await onDuty.room('4B');
  await expect(onDuty.cards('Toilettengang').getByTestId('alert-status')).toHaveText('Jan Nowak kommt');
});

test('no page complained', () => {
  for (const { complaints } of [admin, onDuty, offDuty]) complaints.none();
});
