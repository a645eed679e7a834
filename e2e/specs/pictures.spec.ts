import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Gallery } from '../lib/gallery';
import { Hub } from '../lib/hub';
import { Kis } from '../lib/kis';
import { Nurse } from '../lib/nurse';

// The demo's ports and its ward are fixed.
const demoMLLP = 2575;
const ward = 'Station 4B';

test.describe.configure({ mode: 'serial' });
test.setTimeout(180_000);

const gallery = new Gallery();
let hub: Hub;
let admin: Admin;
let nurse: Nurse;
let other: Nurse;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start(['demo', '--interval', '8']);
  const [, first, second] = await hub.links(3);
  admin = await Admin.signIn(browser, hub);
  nurse = await Nurse.phone(browser);
  other = await Nurse.phone(browser);
  await nurse.page.goto(first!);
  await other.page.goto(second!);
  for (const one of [nurse, other]) await one.live();
});

test.afterAll(async () => hub?.stop());

test('the phone', async () => {
  const { page } = nurse;
  await expect(nurse.overlay()).toBeVisible({ timeout: 60_000 });
  await gallery.look(page, 'chat-alarm', '[data-testid=alarm-overlay]', [390, 1400], true);
  await nurse.answer('accept');
  await expect(page.getByTestId('mine').first()).toBeVisible();
  // Further urgent calls come meanwhile: each is taken as soon as it is in the way.
  await page.addLocatorHandler(nurse.overlay(), () => nurse.answer('accept'));
  await page.getByRole('navigation').getByRole('link').first().click();
  await gallery.look(page, 'chat-rooms', '[data-testid=room-row]', [390, 1400]);
  await nurse.room(ward);
  await gallery.look(page, 'chat-room', '[data-testid=alert-card]', [390, 1400], true);
  await page.getByTestId('duty-chip').click();
  await gallery.look(page, 'chat-duty', '[data-testid=duty-role]', [390, 1400], true);
  await page.getByRole('navigation').getByRole('link').last().click();
  await gallery.look(page, 'chat-settings', '[data-testid=device-row]', [390, 1400]);
});

test('the phone before the sign-in', async ({ browser }) => {
  const fresh = await Nurse.phone(browser);
  await fresh.page.goto(hub.chat);
  await gallery.look(fresh.page, 'chat-sign-in', '[data-testid=sign-in]', [390]);
  await fresh.page.goto(`${hub.chat}/activate`);
  await gallery.look(fresh.page, 'chat-activate', '[data-testid=activate-login]', [390]);
  fresh.complaints.none();
});

test('the console', async () => {
  const kis = await Kis.dial(demoMLLP);
  await kis.send([kis.header('ORU^R01^ORU_R01'), 'PID|1||77']);
  await kis.all([{ number: '4701', family: 'Müller', given: 'Käthe', ward: '4B' }]);
  kis.close();
  type List = { items: { id: string; kind: string; type: string; staff_number: string; state: string }[] };
  const [connectors, messages, persons, plans, alerts] = await Promise.all(
    ['/connectors', '/messages?type=MFN%5EM02&status=applied', '/persons?q=4702', '/plans?state=held', '/alerts?state=all'].map((url) => admin.call<List>('GET', url).then((l) => l.items)),
  );
  const hl7 = connectors!.find((c) => c.kind === 'hl7v2-mllp')!.id;
  const tokens = connectors!.find((c) => c.kind === 'alarm-http')!.id;
  const screens: [name: string, path: string, ready: string, shown?: boolean][] = [
    ['console-overview', '/', '[data-testid=health-row]', true],
    ['console-connectors', '/connectors', '[data-testid=connector-row]', true],
    ['console-connector', `/connectors/${hl7}`, '[data-testid=connector-save]', true],
    ['console-revisions', `/connectors/${hl7}?tab=revisions`, '[data-testid=revision]'],
    ['console-tokens', `/connectors/${tokens}?tab=tokens`, '[data-testid=token-create]'],
    ['console-connector-new', '/connectors/new', '[data-testid=kind-choice]'],
    ['console-messages', '/messages', '[data-testid=message-row]', true],
    ['console-message', `/messages/${messages![0]!.id}`, '[data-testid=message]', true],
    ['console-persons', '/persons', '[data-testid=person-row]', true],
    ['console-person', `/persons/${persons![0]!.id}`, '[data-testid=account-login]', true],
    ['console-units', '/units', '[data-testid=unit]'],
    ['console-plans', '/plans', '[data-testid=plan-row]'],
    ['console-plan', `/plans/${plans![0]!.id}`, '[data-testid=plan-approve]'],
    ['console-rules', '/rules', '[data-testid=rule-row]', true],
    ['console-board', '/board', '[data-testid=alert-row]', true],
    ['console-alert', `/board?state=all&alert=${alerts!.at(-1)!.id}`, '[data-testid=story]'],
    ['console-audit', '/audit', '[data-testid=audit-row]'],
  ];
  for (const [name, path, ready, shown] of screens) {
    await admin.page.goto(hub.console + path);
    await gallery.look(admin.page, name, ready, [1400, 390], shown);
  }
});

test('the console before the sign-in', async ({ browser }) => {
  const page = await browser.newPage();
  await page.goto(hub.console);
  await gallery.look(page, 'console-sign-in', 'input[name=password]', [1400, 390]);
});

test('nothing is wrong with any screen', () => {
  expect(gallery.wrong).toEqual([]);
  for (const { complaints } of [admin, nurse, other]) complaints.none();
});
