import path from 'node:path';
import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Colleague, type Item } from '../lib/colleague';
import { Hub } from '../lib/hub';
import { until } from '../lib/net';
import { roomRecord } from '../lib/record';

test.describe.configure({ mode: 'serial' });

/** How long a change of membership may take on a busy machine; it takes a second or two. */
const soon = { timeout: 30_000 };
const mentors = 'Praxisanleitung';

const ada = { number: '5101', family: 'Öztürk-Weiß', given: 'Ada', ward: '4A', job: mentors };
const jan = { number: '5102', family: 'Nowak', given: 'Jan', ward: '4A', job: 'Pflege' };
const mia = { number: '5103', family: 'Berger', given: 'Mia', ward: '4B', job: 'Pflege' };
const name = (person: typeof ada) => `${person.given} ${person.family}`;

let hub: Hub;
let admin: Admin;
let adaPhone: Colleague;
let janPhone: Colleague;
let miaPhone: Colleague;
const devices = new Map<Colleague, string>();
let ward: string;
let group: string;

type Room = { id: string; epoch: number; last_seq: number };
type Following = { unit_id?: string; group_id?: string; room_id: string; name: string };

/** The next upload of the personnel office: all three, as they work from now on. */
const upload = async (...staff: (typeof ada)[]) =>
  admin.sheet(['Personalnummer;Nachname;Vorname;Station;Funktion', ...staff.map(({ number, family, given, ward, job }) => [number, family, given, ward, job].join(';'))]);

/** A room as the hub lists it for somebody; undefined for whoever is not in it. */
async function listed(device: Colleague, room: string): Promise<Room | undefined> {
  const answer = await device.page.request.get(`${hub.chat}/api/v1/rooms`);
  return ((await answer.json()) as { items: Room[] }).items.find(({ id }) => id === room);
}

/** Waits for the commit that takes somebody out of the room, and returns the epoch after it. */
async function nextEpoch(device: Colleague, room: string, before: number): Promise<number> {
  return until('the next epoch', async () => {
    const epoch = (await listed(device, room))?.epoch ?? 0;
    return epoch > before ? epoch : undefined;
  }, soon.timeout);
}

/** The messages of a room that the hub hands to somebody who asks for everything. */
async function asked(device: Colleague, room: string): Promise<Item[]> {
  const answer = await device.page.request.get(`${hub.chat}/api/v1/rooms/${room}/items`);
  return ((await answer.json()) as { items: Item[] }).items.filter(({ kind }) => kind === 'msg');
}

const messages = (device: Colleague, room: string) => device.items(room).filter(({ kind }) => kind === 'msg');
/** The number of the commit that has brought a device in last; 0 for one whose browser was not watched then. */
const joined = (device: Colleague, room: string) => device.items(room).findLast(({ welcome }) => welcome)?.seq ?? 0;

/** How many messages each phone has sent to a room since it came in last, as the items say that anybody got. */
function counts(room: string): [string, number][] {
  const phones = [adaPhone, janPhone, miaPhone];
  const said = new Map(phones.flatMap((phone) => messages(phone, room)).map((item) => [item.seq, item]));
  const counted = phones.map((phone): [string, number] => {
    const own = [...said.values()].filter(({ from, seq }) => from === devices.get(phone) && seq > joined(phone, room));
    return [devices.get(phone)!, own.length];
  });
  return counted.filter(([, n]) => n > 0).sort();
}

async function followed(title: string): Promise<string> {
  const { items } = await admin.call<{ items: Following[] }>('GET', '/followings');
  return items.find((one) => one.name === title)!.room_id;
}

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  hub.record();
  admin = await Admin.signIn(browser, hub);
  await upload(ada, jan, mia);
  const phone = async (person: typeof ada): Promise<Colleague> => {
    const device = await Colleague.phone(browser, hub.chat);
    await device.activate(person.number, await admin.codeFor(person.number));
    devices.set(device, await device.device());
    return device;
  };
  [adaPhone, janPhone, miaPhone] = await Promise.all([phone(ada), phone(jan), phone(mia)]);
});

test.afterAll(async ({ browser }, info) => {
  if (info.errors.length > 0 || info.status !== info.expectedStatus) console.log(hub?.said('"level":"WARN"').concat(hub.errors()).join('\n'));
  await hub?.stop(browser);
});

test('a ward gets its room by one switch, and whoever works there is in it', async () => {
  const page = await admin.open('/units');
  const unit = page.locator('[data-testid=unit][data-unit-code="4A"]');
  await unit.getByTestId('follow').click();
  await expect(unit.getByTestId('follow-state')).toContainText('2 Mitglieder');
  ward = await followed('4A');
  for (const phone of [adaPhone, janPhone]) await expect(phone.row('4A')).toBeVisible(soon);
  expect(await listed(miaPhone, ward)).toBeUndefined();
  await expect(miaPhone.row('4A')).toHaveCount(0);

  await adaPhone.open('4A');
  await expect(adaPhone.page.getByTestId('composer')).toBeVisible(soon);
  await adaPhone.write('Die Visite beginnt um zehn.');
  await janPhone.open('4A');
  await expect(janPhone.message('Die Visite beginnt um zehn.')).toBeVisible(soon);
  await janPhone.write('Ich nehme Zimmer 12.');
  await expect(adaPhone.message('Ich nehme Zimmer 12.')).toBeVisible();
});

test('whoever an upload moves to the ward reads what is written from then on', async () => {
  const before = messages(adaPhone, ward).length;
  await upload(ada, jan, { ...mia, ward: '4A' });
  await expect(miaPhone.row('4A')).toBeVisible(soon);
  await miaPhone.open('4A');
  await expect(miaPhone.page.getByTestId('composer')).toBeVisible(soon);
  await adaPhone.write('Willkommen auf der Station.');
  await expect(miaPhone.message('Willkommen auf der Station.')).toBeVisible(soon);
  await miaPhone.write('Danke, ich fange in Zimmer 3 an.');
  for (const phone of [adaPhone, janPhone]) await expect(phone.message('Danke, ich fange in Zimmer 3 an.')).toBeVisible();

  for (const text of ['Die Visite beginnt um zehn.', 'Ich nehme Zimmer 12.']) await expect(miaPhone.message(text)).toHaveCount(0);
  const first = joined(miaPhone, ward);
  expect(messages(adaPhone, ward).filter(({ seq }) => seq < first).length).toBeGreaterThanOrEqual(before);
  for (const items of [messages(miaPhone, ward), await asked(miaPhone, ward)]) {
    expect(items.length).toBeGreaterThan(0);
    expect(items.filter(({ seq }) => seq < first)).toEqual([]);
  }
});

test('whoever an upload takes from the ward loses the room, and the others go on without', async () => {
  const before = (await listed(adaPhone, ward))!.epoch;
  await upload(ada, { ...jan, ward: '4B' }, { ...mia, ward: '4A' });
  await expect(janPhone.page.getByTestId('composer-closed')).toHaveAttribute('data-why', 'left', soon);
  const last = janPhone.items(ward).findLast(({ kind }) => kind === 'line')!.seq;
  await adaPhone.write('Zimmer 12 ist wieder frei.'); // whether or not the commit has come yet
  await expect(miaPhone.message('Zimmer 12 ist wieder frei.')).toBeVisible(soon);
  const epoch = await nextEpoch(adaPhone, ward, before);
  await miaPhone.write('Dann lege ich dort auf.');
  await expect(adaPhone.message('Dann lege ich dort auf.')).toBeVisible(soon);
  expect(messages(adaPhone, ward).at(-1)!.epoch).toBe(epoch);

  await janPhone.page.reload();
  await janPhone.live();
  await expect(janPhone.message('Ich nehme Zimmer 12.')).toBeVisible();
  await expect(janPhone.message('Zimmer 12 ist wieder frei.')).toHaveCount(0);
  expect(await listed(janPhone, ward)).toBeUndefined();
  for (const items of [messages(janPhone, ward), await asked(janPhone, ward)]) {
    expect(items.length).toBeGreaterThan(0);
    expect(items.filter(({ seq, epoch: of }) => seq > last || of! >= epoch)).toEqual([]);
  }
});

test('whoever comes back reads on, without what was said meanwhile', async () => {
  await upload(ada, jan, { ...mia, ward: '4A' });
  await expect(janPhone.page.getByTestId('composer')).toBeVisible(soon);
  await adaPhone.write('Schön, dass du wieder da bist.');
  await expect(janPhone.message('Schön, dass du wieder da bist.')).toBeVisible(soon);
  await janPhone.write('Ich übernehme die Nacht.');
  for (const phone of [adaPhone, miaPhone]) await expect(phone.message('Ich übernehme die Nacht.')).toBeVisible();
  for (const text of ['Zimmer 12 ist wieder frei.', 'Dann lege ich dort auf.']) await expect(janPhone.message(text)).toHaveCount(0);
});

test('the room of a rule follows what people are', async () => {
  const page = await admin.open('/groups/new');
  await page.getByTestId('group-name').fill('Anleitende');
  await page.getByTestId('group-test').getByRole('combobox', { name: 'Feld' }).click();
  await page.getByRole('option', { name: 'Funktion', exact: true }).click();
  await page.getByTestId('group-test').getByRole('combobox', { name: 'Vergleich' }).click();
  await page.getByRole('option', { name: 'ist', exact: true }).click();
  await page.getByTestId('group-text').fill(mentors);
  await page.getByTestId('group-room').click();
  await page.getByTestId('group-save').click();
  await expect(page.getByTestId('group')).toHaveAttribute('data-group-name', 'Anleitende');
  group = await followed('Anleitende');
  await adaPhone.back();
  await expect(adaPhone.row('Anleitende')).toBeVisible(soon);
  expect(await listed(miaPhone, group)).toBeUndefined();

  await upload(ada, jan, { ...mia, ward: '4A', job: mentors });
  await miaPhone.back();
  await expect(miaPhone.row('Anleitende')).toBeVisible(soon);
  await miaPhone.open('Anleitende');
  await expect(miaPhone.page.getByTestId('composer')).toBeVisible(soon);
  await adaPhone.open('Anleitende');
  await adaPhone.write('Wer zeigt morgen den Verbandswechsel?');
  await expect(miaPhone.message('Wer zeigt morgen den Verbandswechsel?')).toBeVisible(soon);

  await upload({ ...ada, job: 'Stationsleitung' }, { ...jan, job: mentors }, { ...mia, ward: '4A', job: mentors });
  await expect(adaPhone.page.getByTestId('composer-closed')).toHaveAttribute('data-why', 'left', soon);
  await janPhone.back();
  await expect(janPhone.row('Anleitende')).toBeVisible(soon);
  await janPhone.open('Anleitende');
  await expect(janPhone.page.getByTestId('composer')).toBeVisible(soon);
  await janPhone.write('Ich mache das.');
  await expect(miaPhone.message('Ich mache das.')).toBeVisible(soon);
  await expect(adaPhone.message('Ich mache das.')).toHaveCount(0);
  await expect(janPhone.message('Wer zeigt morgen den Verbandswechsel?')).toHaveCount(0);
});

test('a lock takes the phone out of every room that follows', async () => {
  const before = { ward: (await listed(janPhone, ward))!.epoch, group: (await listed(janPhone, group))!.epoch };
  const page = await admin.person(mia.number);
  await page.getByTestId('account-lock').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sperren' }).click();
  await expect(page.getByTestId('lock-here')).toHaveAttribute('data-locked', 'true');
  await expect(miaPhone.page.getByTestId('sign-in')).toBeVisible(soon);
  const epoch = await nextEpoch(janPhone, ward, before.ward);
  await nextEpoch(janPhone, group, before.group);

  await janPhone.back();
  await janPhone.open('4A');
  await adaPhone.back();
  await adaPhone.open('4A');
  await adaPhone.write('Mia ist heute nicht erreichbar.');
  await expect(janPhone.message('Mia ist heute nicht erreichbar.')).toBeVisible(soon);
  expect(messages(janPhone, ward).at(-1)!.epoch).toBe(epoch);
  expect(messages(miaPhone, ward).filter((item) => item.epoch! >= epoch)).toEqual([]);
  await adaPhone.page.getByTestId('open-details').click();
  await expect(adaPhone.page.getByTestId('member')).toContainText([name(ada), name(jan)]);
  await expect(adaPhone.page.getByTestId('member').filter({ hasText: name(mia) })).toHaveCount(0);
});

test('the record has all that was said, in order', async () => {
  await adaPhone.list();
  await adaPhone.open('4A');
  await expect(adaPhone.page.getByTestId('message-text')).toHaveText([
    'Die Visite beginnt um zehn.',
    'Ich nehme Zimmer 12.',
    'Willkommen auf der Station.',
    'Danke, ich fange in Zimmer 3 an.',
    'Zimmer 12 ist wieder frei.',
    'Dann lege ich dort auf.',
    'Schön, dass du wieder da bist.',
    'Ich übernehme die Nacht.',
    'Mia ist heute nicht erreichbar.',
  ]);

  const folder = path.join(hub.dir, 'data/recorder');
  for (const room of [ward, group]) {
    const last = (await listed(janPhone, room))!.last_seq;
    const kept = await until('the recorder to have read everything', () => {
      const now = roomRecord(folder, room);
      return now.seq >= last ? now : undefined;
    });
    expect(kept.faults ?? []).toEqual([]);
    expect(Object.entries(kept.heard ?? {}).map(([device, { n }]) => [device, n]).sort()).toEqual(counts(room));
  }
  expect(hub.said('messages of a device are missing or repeated')).toEqual([]);
  const page = await admin.open('/chat');
  await expect(page.getByTestId('recorder')).toHaveAttribute('data-state', 'connected');
  const { faults } = await admin.call<{ faults: unknown[] | null }>('GET', '/chat');
  expect(faults ?? []).toEqual([]);
});

test('no page complained, and the hub logged no error', () => {
  expect(hub.errors()).toEqual([]);
  admin.complaints.none();
  for (const phone of [adaPhone, janPhone, miaPhone]) phone.complaints.none();
});
