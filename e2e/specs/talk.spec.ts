import { expect, test, type Page } from '@playwright/test';
import { Admin } from '../lib/admin';
import { Colleague } from '../lib/colleague';
import { Gallery } from '../lib/gallery';
import { Hub } from '../lib/hub';
import { Kis } from '../lib/kis';
import { freePort, until } from '../lib/net';

const ada = { number: '4711', family: 'Öztürk-Weiß', given: 'Ada', ward: '4B' };
const jan = { number: '4712', family: 'Nowak', given: 'Jan', ward: '4B' };
const mia = { number: '4713', family: 'Berger', given: 'Mia', ward: '4B' };
const name = (person: { given: string; family: string }) => `${person.given} ${person.family}`;

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let admin: Admin;
let adaPhone: Colleague;
let adaDesk: Colleague;
let janPhone: Colleague;
let janDesk: Colleague;
let miaPhone: Colleague;

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  hub.record();
  admin = await Admin.signIn(browser, hub);
  const mllp = await freePort();
  await admin.mllp(mllp);
  const kis = await Kis.dial(mllp);
  for (const person of [ada, jan, mia]) await kis.staff(person);
  kis.close();
  adaPhone = await Colleague.phone(browser, hub.chat);
  adaDesk = await Colleague.desktop(browser, hub.chat);
  janPhone = await Colleague.phone(browser, hub.chat);
  janDesk = await Colleague.desktop(browser, hub.chat);
  miaPhone = await Colleague.phone(browser, hub.chat);
  for (const [device, person] of [[adaPhone, ada], [janPhone, jan], [miaPhone, mia]] as const) {
    await device.activate(person.number, await admin.code(person.number));
  }
});

test.afterAll(async ({ browser }, info) => {
  if (info.errors.length > 0 || info.status !== info.expectedStatus) console.log(hub?.errors().join('\n'));
  await hub?.stop(browser);
});

test('a first message, read, and answered', async () => {
  await adaPhone.direct(name(jan));
  await adaPhone.write('Kannst du um zehn die Visite übernehmen?');
  await expect(janPhone.row(name(ada)).getByTestId('unread')).toHaveAttribute('data-count', '1');
  await expect(adaPhone.message('Kannst du um zehn die Visite übernehmen?')).toHaveAttribute('data-delivery', /sent|delivered/);
  await janPhone.open(name(ada));
  await expect(janPhone.message('Kannst du um zehn die Visite übernehmen?')).toBeVisible();
  await expect(adaPhone.message('Kannst du um zehn die Visite übernehmen?')).toHaveAttribute('data-delivery', 'read');
  await janPhone.write('Ja, mache ich.');
  await expect(adaPhone.message('Ja, mache ich.')).toBeVisible();
});

test('a group has its title on every phone, and the hub does not know it', async () => {
  await adaPhone.group('Visite 4B', [name(jan), name(mia)]);
  await adaPhone.write('Wir fangen in Zimmer 12 an.');
  for (const device of [janPhone, miaPhone]) {
    await device.list();
    await device.open('Visite 4B');
    await expect(device.message('Wir fangen in Zimmer 12 an.')).toBeVisible();
  }
  const rooms = await adaPhone.page.request.get(`${hub.chat}/api/v1/rooms`);
  expect(await rooms.text()).not.toContain('Visite');
});

test('a second device is linked by its code and sees what was said before', async () => {
  await adaDesk.signIn(ada.number);
  await expect(adaDesk.page.getByTestId('link-hint')).toBeVisible();
  await adaPhone.link(await adaDesk.linkCode());
  await adaDesk.list();
  await adaDesk.open(name(jan));
  await expect(adaDesk.message('Ja, mache ich.')).toBeVisible();
  await adaDesk.open('Visite 4B');
  await expect(adaDesk.message('Wir fangen in Zimmer 12 an.')).toBeVisible();

  await janPhone.list();
  await janPhone.open('Visite 4B');
  await janPhone.write('Zimmer 12 ist fertig.');
  await expect(adaDesk.message('Zimmer 12 ist fertig.')).toBeVisible();
  await adaDesk.write('Danke, ich sehe es am Rechner.');
  await adaPhone.list();
  await adaPhone.open('Visite 4B');
  await expect(adaPhone.message('Danke, ich sehe es am Rechner.')).toBeVisible();
});

test('a fifth device comes the same way', async () => {
  await janDesk.signIn(jan.number);
  await janPhone.link(await janDesk.linkCode());
  await janDesk.list();
  await janDesk.open('Visite 4B');
  await expect(janDesk.message('Wir fangen in Zimmer 12 an.')).toBeVisible();
});

test('a phone that was away for fifty messages has them all, once and in order', async () => {
  await miaPhone.list();
  await miaPhone.context.setOffline(true);
  await adaDesk.open('Visite 4B');
  for (let i = 1; i <= 50; i++) await adaDesk.write(`Meldung ${i}`);
  await expect(adaDesk.message('Meldung 50')).toHaveAttribute('data-delivery', /sent|delivered|read/);
  await miaPhone.context.setOffline(false);
  await expect(miaPhone.row('Visite 4B').getByTestId('unread')).toHaveAttribute('data-count', /^5\d$/);
  await miaPhone.open('Visite 4B');
  await expect(miaPhone.page.getByTestId('unread-line')).toBeVisible();
  await expect(miaPhone.message('Meldung 1')).toBeInViewport(); // it opens where she stopped reading
  expect(await everything(miaPhone.page)).toEqual(Array.from({ length: 50 }, (_, i) => `Meldung ${i + 1}`));
});

/**
 * Scrolls through the timeline and collects each "Meldung" as often as the page has it. The timeline keeps the row in
 * the tab order and the last one mounted wherever it is scrolled to, so it is over only at its end.
 */
async function everything(page: Page): Promise<string[]> {
  const seen = new Map<string, string>();
  await until('the end of the timeline', async () => {
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('[data-testid=message]')].map((row) => [row.getAttribute('data-id') ?? '', row.querySelector('[data-testid=message-text]')?.textContent ?? '']),
    );
    const numbers = shown.map(([, text]) => Number(/^Meldung (\d+)$/.exec(text ?? '')?.[1] ?? 0)).filter((n) => n > 0);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    for (const [id, text] of shown) if (text?.startsWith('Meldung')) seen.set(id ?? '', text);
    return page.evaluate(() => {
      const scroller = document.querySelector('[data-testid=chat-timeline] [data-scroll]')!;
      const end = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 2;
      scroller.scrollBy(0, 300);
      return end || undefined;
    });
  });
  return [...seen.values()].sort((one, other) => Number(one.slice(8)) - Number(other.slice(8)));
}

test('what is written without a network is sent once it is back, also after a reload', async () => {
  await janPhone.list();
  await janPhone.open('Visite 4B');
  await janPhone.context.setOffline(true);
  for (const text of ['Im Aufzug 1', 'Im Aufzug 2']) {
    await janPhone.write(text);
    await expect(janPhone.message(text)).toHaveAttribute('data-delivery', 'queued');
  }
  await janPhone.context.setOffline(false);
  await janPhone.page.reload();
  for (const text of ['Im Aufzug 1', 'Im Aufzug 2']) {
    await expect(miaPhone.message(text)).toHaveCount(1);
    await expect(janPhone.message(text)).toHaveAttribute('data-delivery', /sent|delivered|read/);
  }
});

test('an urgent message says who has not confirmed yet', async () => {
  await adaDesk.open('Visite 4B');
  await adaDesk.write('Bitte alle sofort in Zimmer 3', 2);
  const open = adaDesk.message('Bitte alle sofort in Zimmer 3').getByTestId('still-open');
  await expect(open).toHaveAttribute('data-open', '2');
  await janDesk.open('Visite 4B');
  await janDesk.message('Bitte alle sofort in Zimmer 3').getByTestId('confirm').click();
  await expect(open).toHaveAttribute('data-open', '1');
  await miaPhone.message('Bitte alle sofort in Zimmer 3').getByTestId('confirm').click();
  await expect(open).toHaveAttribute('data-open', '0');
});

test('two windows of one person send and show everything once', async () => {
  const second = await janDesk.context.newPage();
  await second.goto(janDesk.page.url());
  await second.getByTestId('composer').fill('Aus dem zweiten Fenster');
  await second.getByTestId('send').click();
  await janDesk.write('Aus dem ersten Fenster');
  for (const page of [second, janDesk.page, miaPhone.page]) {
    for (const text of ['Aus dem zweiten Fenster', 'Aus dem ersten Fenster']) {
      await expect(page.getByTestId('message-text').getByText(text, { exact: true })).toHaveCount(1);
    }
  }
  await second.close();
});

test('a wrong clock does no harm', async () => {
  for (const hours of [-30, 30]) {
    await janDesk.page.clock.setFixedTime(Date.now() + hours * 3_600_000);
    await janDesk.write(`Uhr um ${hours} Stunden falsch`);
    await expect(miaPhone.message(`Uhr um ${hours} Stunden falsch`)).toBeVisible();
  }
});

test('a device whose groups are lost heals by itself', async () => {
  await janDesk.page.goto('about:blank');
  await janDesk.page.goto(`${hub.chat}/icon.svg`); // the same origin without the client
  const lost = await janDesk.page.evaluate(async () => {
    const [found] = (await indexedDB.databases()).filter(({ name }) => name?.startsWith('wardline-'));
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(found!.name!);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const names = [...database.objectStoreNames].filter((one) => one === 'groups');
    const change = database.transaction(names, 'readwrite');
    for (const one of names) change.objectStore(one).clear();
    await new Promise((resolve) => (change.oncomplete = resolve));
    database.close();
    return names.length;
  });
  expect(lost).toBeGreaterThan(0);
  await adaDesk.write('Während der Rechner nichts wusste');
  await janDesk.list();
  await janDesk.open('Visite 4B');
  await adaDesk.write('Nach der Heilung');
  await expect(janDesk.message('Nach der Heilung')).toBeVisible();
  await expect(janDesk.message('Während der Rechner nichts wusste')).toBeVisible();
  await janDesk.write('Ich bin wieder da.');
  await expect(adaDesk.message('Ich bin wieder da.')).toBeVisible();
});

test('a device that was removed is signed out and reads nothing more', async () => {
  await adaPhone.page.goto(`${hub.chat}/settings`);
  await adaPhone.page.getByTestId('device-revoke').first().click();
  await adaPhone.page.getByRole('dialog').getByRole('button', { name: 'Entfernen' }).click();
  await expect(adaDesk.page.getByTestId('sign-in')).toBeVisible();
  await expect(adaPhone.page.getByTestId('device-revoke')).toHaveCount(0);
  await miaPhone.write('Das liest nur noch das Telefon');
  await adaPhone.list();
  await adaPhone.open('Visite 4B');
  await expect(adaPhone.message('Das liest nur noch das Telefon')).toBeVisible();
  await adaDesk.signIn(ada.number);
  await expect(adaDesk.page.getByTestId('link-hint')).toBeVisible();
  await expect(adaDesk.page.getByTestId('chat-row')).toHaveCount(0);
});

test('every screen of a conversation, in light and dark', async () => {
  test.setTimeout(240_000);
  const gallery = new Gallery();
  await janPhone.list();
  await janPhone.open(name(ada));
  await janPhone.write('Bett 12.2 ist frei, Transport ist bestellt.');
  await janPhone.write('Bitte sofort zurückrufen: Dr. Weber wartet am OP', 2);
  await adaPhone.list();
  await gallery.look(adaPhone.page, 'chat-list', '[data-testid=chat-row]', [390, 1400], true);
  await adaPhone.open(name(jan));
  await gallery.look(adaPhone.page, 'chat-talk', '[data-testid=confirm]', [390, 1400], true);
  const room = new URL(adaPhone.page.url()).pathname;
  await adaPhone.page.goto(`${hub.chat}${room}/details`);
  await adaPhone.page.getByTestId('open-safety').click();
  await gallery.look(adaPhone.page, 'chat-safety', '[data-testid=safety-digits]', [390, 1400]);
  for (const [title, path, ready] of [
    ['chat-details', `${room}/details`, '[data-testid=member]'],
    ['chat-new', '/new', '[data-testid=person-row]'],
    ['chat-settings-linked', '/settings', '[data-testid=open-add-device]'],
  ] as const) {
    await adaPhone.page.goto(hub.chat + path);
    await gallery.look(adaPhone.page, title, ready, [390, 1400]);
  }
  await adaDesk.page.goto(`${hub.chat}/link`);
  await gallery.look(adaDesk.page, 'chat-link', '[data-testid=link-code]', [1400, 390], true);
  await janDesk.list();
  await janDesk.open('Visite 4B');
  await gallery.look(janDesk.page, 'chat-group', '[data-testid=message]', [1400, 390]);
  await admin.page.goto(`${hub.console}/chat`);
  await gallery.look(admin.page, 'console-chat', '[data-testid=recorder]', [1400, 390], true);
  expect(gallery.wrong).toEqual([]);
});

test('no page complained, and the hub logged no error', () => {
  expect(hub.errors()).toEqual([]);
  for (const device of [adaPhone, adaDesk, janPhone, janDesk, miaPhone]) device.complaints.none();
});
