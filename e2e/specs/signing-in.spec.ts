import { expect, test } from '@playwright/test';
import { Admin } from '../lib/admin';
import { withAuthenticator } from '../lib/authenticator';
import { Colleague, password } from '../lib/colleague';
import { Hub } from '../lib/hub';
import { Provider } from '../lib/op';

test.describe.configure({ mode: 'serial' });

let hub: Hub;
let admin: Admin;

interface Person {
  id: string;
  account?: { id: string };
}

/** Enters somebody by hand and returns their account. */
async function enter(number: string, login: string, family: string): Promise<string> {
  const values = { staff_number: number, login, given_name: 'Kim', family_name: family };
  const { id } = await admin.call<{ id: string }>('POST', '/persons', { entry: { values }, confirm: true });
  const person = await admin.call<Person>('GET', `/persons/${id}`);
  return person.account!.id;
}

async function codeFor(account: string): Promise<string> {
  return (await admin.call<{ code: string }>('POST', `/accounts/${account}/code`, {})).code;
}

test.beforeAll(async ({ browser }) => {
  hub = await Hub.start();
  admin = await Admin.signIn(browser, hub);
});

test.afterAll(async ({ browser }) => {
  await hub?.stop(browser);
});

test('a nurse makes a passkey of her one-time code and signs in with nothing else', async ({ browser }) => {
  const nurse = await Colleague.phone(browser, hub.chat);
  await withAuthenticator(nurse.context, nurse.page);
  const code = await codeFor(await enter('8001', 'pass1', 'Schlüssel'));
  const { page } = nurse;
  await page.goto(`${hub.chat}/activate#login=pass1&code=${code}`);
  await expect(page.getByTestId('activate-code')).toHaveValue(code);
  expect(page.url()).not.toContain(code);
  await page.getByTestId('activate-passkey').click();
  await expect(page.getByTestId('must')).toHaveAttribute('data-must', 'credential');
  await page.getByTestId('passkey-name').fill('Diensthandy');
  await page.getByTestId('passkey-add').click();
  await nurse.live();

  await page.goto(`${hub.chat}/settings`);
  await expect(page.getByTestId('passkey')).toContainText('Diensthandy');
  await page.request.post(`${hub.chat}/api/v1/auth/logout`, { headers: { origin: hub.chat } });
  await page.goto(hub.chat);
  await page.getByTestId('sign-in-passkey').click();
  await nurse.live();
  nurse.complaints.none();
  await nurse.context.close();
});

test('an administrator cannot go on without a passkey, and needs nothing else with one', async ({ browser }) => {
  const account = await enter('8002', 'leitung', 'Leitung');
  const phone = await Colleague.phone(browser, hub.chat);
  await phone.activate('leitung', await codeFor(account));
  await admin.call('PUT', `/accounts/${account}/roles`, { roles: ['people'] });

  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  await withAuthenticator(context, page);
  await page.goto(hub.console);
  await page.getByLabel('Benutzername').fill('leitung');
  await page.getByLabel('Passwort').fill(password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await expect(page.getByTestId('must')).toHaveAttribute('data-must', 'passkey');
  const refused = await page.request.get(`${hub.console}/api/v1/persons`);
  expect(await refused.json()).toMatchObject({ status: 403, code: 'passkey_needed' });

  await page.getByTestId('passkey-name').fill('Schlüsselbund');
  await page.getByTestId('passkey-add').click();
  await expect(page.getByRole('navigation')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Personen' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Alarmregeln' })).toHaveCount(0);

  await page.request.post(`${hub.console}/api/v1/auth/logout`, { headers: { origin: hub.console } });
  await page.goto(hub.console);
  await page.getByTestId('sign-in-passkey').click();
  await expect(page.getByRole('navigation')).toBeVisible();
  await context.close();
  await phone.context.close();
});

test('somebody signs in at the clinic’s own provider, and a stranger does not', async ({ browser }) => {
  await enter('8003', 'kim.beispiel', 'Beispiel');
  const provider = await Provider.start([`${hub.chat}/api/v1/auth/oidc/callback`, `${hub.console}/api/v1/auth/oidc/callback`], 'kim.beispiel', 'geheim-beim-anbieter');
  try {
    const res = await admin.page.request.get(`${hub.console}/api/v1/access/policy`);
    const policy = (await res.json()) as Record<string, unknown>;
    const wanted = { id: '', label: 'Klinikum-Anmeldung', enabled: true, issuer: provider.issuer, client_id: 'wardline', secret: 'geheim', scopes: ['profile'], claim: 'preferred_username', match: 'login', groups_claim: 'groups', groups: [] };
    await admin.call('PUT', '/access/policy', { ...policy, providers: [wanted] }, { 'If-Match': res.headers()['etag'] ?? '' });

    const nurse = await Colleague.phone(browser, hub.chat);
    const { page } = nurse;
    await page.goto(hub.chat);
    await page.getByTestId('sign-in-provider').click();
    await page.locator('#username').fill('kim.beispiel');
    await page.locator('#password').fill('geheim-beim-anbieter');
    await page.getByRole('button', { name: 'Login' }).click();
    await nurse.live();
    expect(new URL(page.url()).origin).toBe(hub.chat);
    await nurse.context.close();
  } finally {
    provider.stop();
  }
  const late = await Colleague.phone(browser, hub.chat);
  await late.page.goto(`${hub.chat}/login?error=no_account`);
  await expect(late.page.getByRole('alert')).toContainText('kein Konto');
  await late.context.close();
});

test('a password alone is not enough where a second step is wanted, and a code works once', async ({ browser }) => {
  const phone = await Colleague.phone(browser, hub.chat);
  await phone.activate('totp1', await codeFor(await enter('8004', 'totp1', 'Zweischritt')));
  const { page } = phone;
  await page.goto(`${hub.chat}/settings`);
  await page.getByTestId('totp-begin').click();
  const secret = await page.getByTestId('totp-secret').innerText();
  await page.getByTestId('totp-code').fill(await totp(secret));
  await page.getByTestId('settings-totp').getByRole('button', { name: 'Einschalten' }).click();
  const codes = (await page.getByTestId('recovery-codes').innerText()).split('\n');
  expect(codes).toHaveLength(10);
  await page.request.post(`${hub.chat}/api/v1/auth/logout`, { headers: { origin: hub.chat } });

  await page.goto(hub.chat);
  await page.getByLabel('Benutzername').fill('totp1');
  await page.getByLabel('Passwort').fill(password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await page.getByTestId('sign-in-otp').fill('000000');
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('stimmt nicht');
  await page.getByTestId('sign-in-otp').fill(codes[0]!);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await phone.live();
  await phone.context.close();
});

/** Sets what is asked of new devices and leaves the rest of the policy as it is. */
async function devices(wanted: string): Promise<void> {
  const res = await admin.page.request.get(`${hub.console}/api/v1/access/policy`);
  const policy = (await res.json()) as Record<string, unknown>;
  await admin.call('PUT', '/access/policy', { ...policy, devices: wanted }, { 'If-Match': res.headers()['etag'] ?? '' });
}

/** Makes a device code on the console's page and reads it off the screen. */
async function deviceCode(label: string): Promise<string> {
  const page = await admin.open('/policy');
  await page.getByRole('link', { name: 'Gerätecodes ausstellen' }).click();
  await page.getByTestId('device-code-label').fill(label);
  await page.getByTestId('device-code-make').click();
  const code = await page.getByTestId('code-display').innerText();
  await page.getByRole('button', { name: 'Fertig' }).click();
  await expect(page.getByTestId('device-code-row').filter({ hasText: label })).toBeVisible();
  return code;
}

/** Signs in with the password, whatever the hub says to the browser then. */
async function enterPassword(phone: Colleague, login: string): Promise<void> {
  const { page } = phone;
  await page.goto(hub.chat);
  await page.getByLabel('Benutzername').fill(login);
  await page.getByLabel('Passwort').fill(password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
}

test('where devices are managed a code lets one browser in, and no second one', async ({ browser }) => {
  const old = await Colleague.phone(browser, hub.chat);
  await old.activate('code1', await codeFor(await enter('8005', 'code1', 'Gerätecode')));
  await devices('managed');
  try {
    const code = await deviceCode('Inv. 4711');
    const first = await Colleague.phone(browser, hub.chat);
    await enterPassword(first, 'code1');
    const { page } = first;
    await expect(page.getByRole('heading', { name: 'Dieses Gerät ist noch nicht freigegeben' })).toBeVisible();
    await expect(page.getByLabel('Gerätecode', { exact: true }).and(page.locator('input'))).toBeFocused();
    await page.getByTestId('door-code').fill('AAAA-AAAA-AAAA-AAAA');
    await page.getByTestId('door-submit').click();
    await expect(page.getByRole('alert')).toContainText('gilt nicht');
    // As people type it, in another tab: small letters, no dashes, and the Enter key.
    const tab = await first.context.newPage();
    await tab.goto(hub.chat);
    await tab.getByTestId('door-code').fill(code.toLowerCase().replaceAll('-', ''));
    await tab.getByTestId('door-code').press('Enter');
    await expect(tab.getByTestId('connection-state')).toHaveAttribute('data-state', 'live');
    await first.live();
    await tab.close();
    await page.reload();
    await first.live();

    const second = await Colleague.phone(browser, hub.chat);
    await enterPassword(second, 'code1');
    await second.page.getByTestId('door-code').fill(code);
    await second.page.getByTestId('door-submit').click();
    await expect(second.page.getByTestId('door-fault')).toContainText('schon benutzt');
    await old.page.reload();
    await old.live();

    await deviceCode('Inv. 4712');
    const row = admin.page.getByTestId('device-code-row');
    await expect(row).toHaveCount(1); // a used one is not open any more
    await row.getByRole('button').click();
    await admin.page.getByRole('dialog').getByRole('button', { name: 'Zurücknehmen' }).click();
    await expect(row).toHaveCount(0);
    for (const phone of [old, first, second]) await phone.context.close();
  } finally {
    await devices('any');
  }
});

test('who waits for approval keeps waiting over a reload, and is let in by a code or a yes', async ({ browser }) => {
  await devices('each');
  try {
    const phone = await Colleague.phone(browser, hub.chat);
    const { page } = phone;
    await enterPassword(phone, 'code1');
    const door = page.getByTestId('door');
    await expect(door).toHaveAttribute('data-why', 'waiting');
    await page.reload();
    await expect(door).toHaveAttribute('data-why', 'waiting');
    const console = await admin.open('/devices');
    await expect(console.getByRole('button', { name: 'Freigeben' })).toHaveCount(1);

    await page.getByTestId('door-have-code').click();
    await page.getByTestId('door-code').fill(await deviceCode('Inv. 4713'));
    await page.getByTestId('door-submit').click();
    await phone.live();
    await admin.open('/devices');
    await expect(console.getByText('Kein Gerät wartet.')).toBeVisible();

    const other = await Colleague.desktop(browser, hub.chat);
    await enterPassword(other, 'code1');
    await expect(other.page.getByTestId('door')).toBeVisible();
    await console.reload();
    await console.getByRole('button', { name: 'Ablehnen' }).click();
    await expect(other.page.getByTestId('door')).toHaveAttribute('data-why', 'refused');
    await other.page.getByTestId('door-again').click();
    await expect(other.page.getByTestId('door')).toHaveAttribute('data-why', 'waiting');
    // One's own phone may say yes as well.
    await page.goto(`${hub.chat}/settings`);
    await page.getByTestId('own-approve').click();
    await other.live();
    await expect(page.getByTestId('waiting-own')).toHaveCount(0);
    for (const one of [phone, other]) await one.context.close();
  } finally {
    await devices('any');
  }
});

/** RFC 6238 with its defaults, as an authenticator app does it. */
async function totp(secret: string): Promise<string> {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(/[^A-Z2-7]/g, '')].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000)));
  const hmac = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  const sum = new DataView(await crypto.subtle.sign('HMAC', hmac, counter.buffer));
  const at = sum.getUint8(19) & 0xf;
  return String((sum.getUint32(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
