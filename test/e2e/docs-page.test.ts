import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { events } from '../../functions/contract/events.ts';
import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import { openChromium } from '../support/chromium.ts';
import { httpUrl, newAccount, websocketUrl } from '../support/people.ts';

const address = () => `${httpUrl()}/api/v1/docs`;

test('the page is public HTML that may load and do nothing but its own', async () => {
  const response = await fetch(address());
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.match(response.headers.get('cache-control') ?? '', /^public/);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'sha256-[^ ]+';/);
  assert.match(policy, /style-src 'sha256-[^ ]+';/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const html = await response.text();
  assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//);
});

suite('in a browser', () => {
  let browser: Browser | undefined;
  before(async () => {
    browser = await openChromium('headless');
  });
  after(() => browser?.close());

  /** A page that notes whatever it should not do. */
  const openPage = async (scheme: 'light' | 'dark'): Promise<{ page: Page; wrong: string[] } | undefined> => {
    const page = await browser?.newPage({
      colorScheme: scheme,
      viewport: { width: 1280, height: 900 },
    });
    if (page === undefined) return undefined;
    const wrong: string[] = [];
    const hosts = new Set([httpUrl(), websocketUrl()].map((address) => new URL(address).host));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && !hosts.has(url.host)) wrong.push(`a request to ${url.host}`);
    });
    page.on('requestfailed', (request) => wrong.push(`${request.url()} failed`));
    // The policy's violations are events of the document, also those that no console shows.
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (e) => console.error('refused: ' + e.blockedURI))`,
    );
    await page.goto(address());
    return { page, wrong };
  };

  /** Opens an operation, sends it and waits for its answer. @returns the status and the body */
  const tryOperation = async (page: Page, id: string, body?: unknown) => {
    await page.locator(`#${id} > summary`).click();
    const form = page.getByRole('form', { name: `Try ${id}` });
    if (body !== undefined) await form.getByLabel('Body').fill(JSON.stringify(body));
    await form.getByRole('button', { name: 'Send' }).click();
    const status = await form.locator('[data-status]').textContent();
    const answer = await form.locator('.answer').textContent();
    return { status: Number(status), body: JSON.parse(answer ?? 'null') as Record<string, unknown> };
  };

  const noBrowser = 'no Chromium here, and it cannot be installed';

  test('one can register, log in and read one’s profile', async (t) => {
    const opened = await openPage('light');
    if (opened === undefined) return t.skip(noBrowser);
    const { page, wrong } = opened;
    const account = newAccount('reader');
    const { username, password } = account;

    assert.equal((await tryOperation(page, 'register-user', account)).status, 201);
    assert.equal((await tryOperation(page, 'log-in', { username, password })).status, 200);
    await page.getByText(`Logged in as ${username}`).waitFor();
    const profile = await tryOperation(page, 'get-own-profile');
    assert.deepEqual([profile.status, profile.body['username']], [200, username]);

    await page.getByRole('button', { name: 'Forget token' }).click();
    const login = page.getByRole('form', { name: 'Log in' });
    await login.getByLabel('User name').fill(username);
    await login.getByLabel('Password').fill(password);
    await login.getByLabel('Password').press('Enter');
    await page.getByText(`Logged in as ${username}`).waitFor();
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
    assert.equal(stored, '[{},{}]', 'the token is in memory only');

    await page.locator('#list-chats > summary').click();
    const form = page.getByRole('form', { name: 'Try list-chats' });
    await form.getByRole('button', { name: 'Copy as curl' }).click();
    await form.getByText(`-H 'authorization: Bearer `).waitFor();
    await form.getByLabel('limit').fill('5');
    await form.getByRole('button', { name: 'Copy as client code' }).click();
    await form.getByText('await api.listChats(').waitFor();

    for (const name of ['openapi.json', 'asyncapi.json']) {
      assert.equal(
        await page.getByRole('banner').getByRole('link', { name, exact: true }).getAttribute('href'),
        name,
      );
    }
    const socket = page.getByRole('form', { name: 'Try the WebSocket' });
    await socket.getByRole('button', { name: 'Connect' }).click();
    await socket.getByText('Connected', { exact: true }).waitFor();
    await socket.locator('select').selectOption('ping');
    await socket.getByRole('button', { name: 'Send' }).click();
    await socket.locator('[data-way=received]').getByText('"pong"').waitFor();
    await socket.getByRole('button', { name: 'Disconnect' }).click();
    await socket.getByText(/^Closed: /).waitFor();
    assert.deepEqual(wrong, []);
  });

  test('every operation is shown, found and reached by keyboard', async (t) => {
    const opened = await openPage('dark');
    if (opened === undefined) return t.skip(noBrowser);
    const { page, wrong } = opened;
    await page.locator('.operation').first().waitFor();
    assert.deepEqual(
      (
        await page.locator('.operation').evaluateAll((all) => all.map((one) => (one as { id: string }).id))
      ).toSorted(),
      httpRoutes.map(({ id }) => id).toSorted(),
    );
    const shownFrames = await page.locator('.frame .path').allTextContents();
    assert.deepEqual(
      shownFrames.toSorted(),
      [
        ...webSocketRoutes.flatMap(({ routeKey, frame }) => (frame === undefined ? [] : [routeKey])),
        ...Object.keys(events),
      ].toSorted(),
    );
    // All of them, for whatever their contents might break.
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    await page.locator('#get-docs .try').waitFor();

    await page.reload();
    await page.locator('.operation').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('restore-message');
    const entries = page.getByRole('navigation').getByRole('link');
    assert.equal(await entries.filter({ visible: true }).count(), 1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#restore-message .try').waitFor();
    assert.equal(await page.evaluate('document.activeElement.parentElement.id'), 'restore-message');

    const [light, dark] = await Promise.all([
      openPage('light').then((other) =>
        other?.page.evaluate('getComputedStyle(document.body).backgroundColor'),
      ),
      page.evaluate('getComputedStyle(document.body).backgroundColor'),
    ]);
    assert.notEqual(light, dark);
    assert.deepEqual(wrong, []);
  });
});
