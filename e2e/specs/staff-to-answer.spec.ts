import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Hub } from '../lib/hub';
import { Kis } from '../lib/kis';
import { Cable, freePort } from '../lib/net';
import { Nurse } from '../lib/nurse';
import { NurseCall } from '../lib/nursecall';

const ada = { number: '4711', family: 'Öztürk-Weiß', given: 'Ada', ward: '4B' };
const jan = { number: '4712', family: 'Nowak', given: 'Jan', ward: '4B' };
const role = 'Pflege Station 4B';

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let admin: Admin;
let cable: Cable;
let kis: Kis;
let call: NurseCall;
let first: Nurse;
let second: Nurse;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  admin = await Admin.signIn(browser, hub);
  const [mllp, espax] = [await freePort(), await freePort()];
  await admin.mllp(mllp);
  await admin.espax(espax);
  kis = await Kis.dial(mllp);
  call = await NurseCall.dial(espax);
  cable = await Cable.plug(hub.chat);
  first = await Nurse.phone(browser);
  second = await Nurse.phone(browser);
});

test.afterAll(async ({ browser }) => {
  await cable?.pull();
  call?.close();
  kis?.close();
  await hub?.stop(browser);
});

test('staff arrive from the KIS, activate their accounts and take duty', async () => {
  for (const person of [ada, jan]) {
    const ack = await kis.staff(person);
    expect(ack.find((s) => s.startsWith('MSA|'))).toMatch(/^MSA\|CA\|/);
  }
  await admin.role('4B', role);
  await first.activate(hub.chat, ada.number, await admin.code(ada.number));
  await second.activate(cable.url, jan.number, await admin.code(jan.number));
  await first.takeDuty(role);
  await second.takeDuty(role);
  for (const nurse of [first, second]) await expect(nurse.page.getByTestId('duty-role')).toContainText('Im Dienst: Ada Öztürk-Weiß, Jan Nowak');
});

test('an urgent call rings on both phones; who accepts first goes, and the source hears her name', async () => {
  expect((await call.login('rufanlage', 'geheim12')).text('RSP-CODE')).toBe('200');
  expect((await call.call('ruf-1', '4B', '12', '2', 'Bitte Schmerzmittel', 'High')).text('RSP-CODE')).toBe('200');

  for (const nurse of [first, second]) {
    await expect(nurse.overlay()).toContainText('Zimmer 12 · Bett 2');
    await expect(nurse.overlay()).toHaveAttribute('data-priority', 'urgent');
    await expect(nurse.overlay().getByTestId('act-accept'), 'a stray Enter must not answer').not.toBeFocused();
    await nurse.rings('urgent');
  }
  await call.told('IND.P-EVENT', (m) => m.text('CP-PR-REF') === 'ruf-1' && m.text('SS-RESULT') === 'Reached');

  await first.answer('accept');
  const accepted = await call.told('IND.P-EVENT', (m) => m.text('CP-PR-REF') === 'ruf-1' && m.text('SS-RESULT') === 'Accepted');
  expect(accepted.text('SS-STATUS')).toBe('Completed');
  expect(accepted.text('SS-SBSCRDATA')).toBe('Ada Öztürk-Weiß');
  await first.quiet();
  await expect(first.page.getByTestId('mine')).toContainText('Zimmer 12 · Bett 2');

  await expect(second.overlay()).toBeHidden();
  await second.quiet();
  await second.room('4B');
  await expect(second.cards('Bitte Schmerzmittel').getByTestId('alert-status')).toHaveText('Ada Öztürk-Weiß kommt');
});

test('the reset at the bed closes the card on every phone', async () => {
  expect((await call.end('ruf-1')).text('RSP-CODE')).toBe('200');
  const ended = await call.told('IND.P-ENDED', (m) => m.text('CP-PR-REF') === 'ruf-1');
  expect(ended.text('SP-ENDREASON')).toBe('Finished');
  await first.room('4B');
  for (const nurse of [first, second]) {
    await expect(nurse.cards('Bitte Schmerzmittel')).toHaveAttribute('data-over', 'true');
    await expect(nurse.page.getByTestId('mine')).toBeHidden();
  }
});

test('a page loaded again shows each card once', async () => {
  await first.page.reload();
  await first.live();
  await expect(first.cards('Bitte Schmerzmittel')).toHaveCount(1);
  await expect(first.cards('Bitte Schmerzmittel')).toHaveAttribute('data-state', 'resolved');
});

test('a call during an outage of the network is there when it is back, once', async () => {
  await second.page.context().setOffline(true);
  await cable.pull();
  await expect(second.page.getByTestId('connection-banner')).toBeVisible();
  await call.call('ruf-2', '4B', '7', '1', 'Infusion ist durch', 'High');
  await first.rings('urgent');
  await expect(second.cards('Infusion ist durch')).toHaveCount(0);

  await cable.mend();
  await second.page.context().setOffline(false);
  await second.live();
  await expect(second.overlay()).toContainText('Zimmer 7 · Bett 1');
  await second.rings('urgent');
  await second.answer('accept');
  await call.told('IND.P-EVENT', (m) => m.text('CP-PR-REF') === 'ruf-2' && m.text('SS-RESULT') === 'Accepted');
  await first.quiet();
  for (const nurse of [first, second]) await expect(nurse.cards('Infusion ist durch')).toHaveCount(1);
  expect(call.about('ruf-2').filter((m) => m.text('SS-RESULT') === 'Accepted')).toHaveLength(1);
});

test('who is locked in the console is out within two seconds', async () => {
  const page = await admin.person(jan.number);
  await page.getByTestId('account-lock').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sperren' }).click();
  await expect(page.getByTestId('lock-here')).toHaveAttribute('data-locked', 'true');
  await expect(second.page.getByTestId('sign-in')).toBeVisible({ timeout: 2_000 });
  await first.live();
});

test('no page complained', () => {
  for (const { complaints } of [admin, first, second]) complaints.none();
});
