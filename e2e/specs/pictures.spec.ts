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

test.afterAll(async ({ browser }) => hub?.stop(browser));

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
  await fresh.page.goto(`${hub.chat}/join#poster=x`);
  await gallery.look(fresh.page, 'chat-join', '[data-testid=join-who]', [390]);
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

/** Somebody hands in a file with a faulty row and one about whom there is a question. */
async function handIn(): Promise<string> {
  const sheet = [
    'Personalnummer;Nachname;Vorname;E-Mail;Station',
    'L-1;Grün;Ada;ada.gruen@klinik.example;4B',
    ';Ohne;Nummer;ohne@klinik.example;4B',
    'L-3;Blau;Uwe;uwe.blau@klinik.example;4B',
  ].join('\r\n');
  const send = async (text: string) => {
    const file = { name: 'personal.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
    const res = await admin.page.request.post(`${hub.console}/api/v1/imports`, { headers: { origin: hub.console }, multipart: { file } });
    const { id, suggested } = (await res.json()) as { id: string; suggested: unknown };
    return admin.call<{ id: string; plan_id: string }>('POST', `/imports/${id}/apply`, { mapping: suggested, mode: 'changes', key: 'staff_number' });
  };
  const run = await send(sheet);
  await send('Personalnummer;Nachname;Vorname;E-Mail;Station\r\nL-9;Grün;Adele;ada.gruen@klinik.example;4B');
  return run.id;
}

test('the console of staff and signing in', async () => {
  const run = await handIn();
  const rule = { all: [{ any: [{ field: 'unit', op: 'under', text: '4B' }] }] };
  const group = { name: 'Pflege 4B', kind: 'rule', rule, room: false };
  const { id } = await admin.call<{ id: string }>('POST', '/groups', { group });
  const screens: [name: string, path: string, ready: string, shown?: boolean][] = [
    ['console-runs', '/runs', 'tbody tr'],
    ['console-run', `/runs/${run}`, '[data-testid=run]', true],
    ['console-conflicts', '/conflicts', 'h1 ~ *, main table, main section', true],
    ['console-precedence', '/precedence', 'main section'],
    ['console-contacts', '/contacts', '[data-testid=contacts]'],
    ['console-import', '/imports', '[data-testid=import-steps]'],
    ['console-groups', '/groups', 'main table'],
    ['console-group', `/groups/${id}`, 'main section', true],
    ['console-rosters', '/rosters', 'main section, main h1'],
    ['console-access', '/access', '[data-testid=own-session]'],
    ['console-policy', '/policy', '[data-testid=policy-save]'],
    ['console-letters', '/letters', '[data-testid=letters-make]'],
    ['console-setup', '/setup', '[data-testid=setup-body]', true],
    ['console-ldap-new', '/connectors/new?kind=ldap', '[data-testid=connector-save]', true],
  ];
  for (const [name, path, ready, shown] of screens) {
    await admin.page.goto(hub.console + path);
    await gallery.look(admin.page, name, ready, [1400, 390], shown);
  }
});

/** Sets what is asked of new devices. */
async function devices(wanted: string): Promise<void> {
  const res = await admin.page.request.get(`${hub.console}/api/v1/access/policy`);
  const policy = (await res.json()) as Record<string, unknown>;
  await admin.call('PUT', '/access/policy', { ...policy, devices: wanted }, { 'If-Match': res.headers()['etag'] ?? '' });
}

test('the phone that is not let in, and the console that lets it in', async ({ browser }) => {
  const values = { staff_number: '8100', login: 'tuer1', given_name: 'Kim', family_name: 'Tür' };
  await admin.call('POST', '/persons', { entry: { values }, confirm: true });
  const code = await admin.codeFor('8100');
  const fresh = await Nurse.phone(browser);
  await fresh.page.request.post(`${hub.chat}/api/v1/auth/activate`, { headers: { origin: hub.chat }, data: { login: 'tuer1', code, password: 'Der Kaffee auf Station ist kalt' } });
  for (const [policy, name, ready] of [['managed', 'chat-door', 'door-code'], ['each', 'chat-waiting', 'door-have-code']] as const) {
    await devices(policy);
    await fresh.page.goto(hub.chat);
    await gallery.look(fresh.page, name, `[data-testid=${ready}]`, [390, 1400]);
  }
  fresh.complaints.none();
  await admin.call('POST', '/access/device-codes', { label: 'Inv. 4711', hours: 24 });
  await admin.page.goto(`${hub.console}/devices`);
  await gallery.look(admin.page, 'console-devices', '[data-testid=device-code-row]', [1400, 390]);
  await devices('any');
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
