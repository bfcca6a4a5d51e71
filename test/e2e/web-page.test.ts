import assert from 'node:assert/strict';
import { suite, test as plainTest } from 'node:test';
import type { Route } from 'playwright-core';
import type { ChatDetail, Message } from '../../functions/contract/schemas.ts';
import { photograph, ready, textFile } from '../support/uploads.ts';
import { httpUrl, newGroup, newPeople, newPerson, send, webUrl, websocketUrl } from '../support/people.ts';
import {
  CONCURRENT_BROWSER_TESTS,
  assertAccessible,
  assertAccessibleInBoth,
  assertNothingWrong,
  handOver,
  cutOff,
  kept,
  logIn,
  messageSaying,
  online,
  stored,
  useDevices,
  write,
  type Device,
} from '../support/web-page.ts';
import { testNotificationsAndSafety } from './web-notification-and-safety-scenarios.ts';

// Tests of the page itself: its headers and files, its sessions across tabs, and what it must never do.

const COMPRESSED_BYTES_MAX = 60 * 1024;
const WHOLE_BYTES_MAX = 170 * 1024;

/** Sets the browser's text size, in pixels; 16 is the default. */
const setTextSize = async ({ context, page }: Device, standard: number): Promise<void> => {
  const session = await context.newCDPSession(page);
  await session.send('Page.setFontSizes', { fontSizes: { standard } });
  await session.detach();
};

/** @throws AssertionError unless the elements have an edge, since forced colours replace all backgrounds */
const assertVisibleInForcedColours = async (
  { page }: Device,
  ...selectors: readonly string[]
): Promise<void> => {
  await page.emulateMedia({ forcedColors: 'active' });
  for (const selector of selectors) {
    await page.locator(selector).first().waitFor();
    const edges = (await page.evaluate(`(() => {
      const { borderTopStyle, outlineStyle } = getComputedStyle(document.querySelector(${JSON.stringify(selector)}));
      return [borderTopStyle, outlineStyle];
    })()`)) as string[];
    assert.ok(edges.includes('solid'), selector);
  }
  await page.emulateMedia({ forcedColors: 'none' });
};

/**
 * Holds back the response to the next request to a path, with its current content. @returns a function that releases it
 */
const holdBack = async (
  { page }: Device,
  path: RegExp,
  method = 'GET',
): Promise<{ asked: Promise<void>; letGo: () => Promise<void> }> => {
  const [asked, released, arrived] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  assert.ok(asked && released && arrived);
  let isHeld = false;
  await page.route(path, async (route) => {
    if (isHeld || route.request().method() !== method) return route.fallback();
    isHeld = true;
    const response = await route.fetch();
    asked.resolve();
    await released.promise;
    await route.fulfill({ response });
    return arrived.resolve();
  });
  const letGo = async (): Promise<void> => {
    released.resolve();
    await arrived.promise;
    // The page has drawn what it made of it.
    await page.evaluate('new Promise((drawn) => setTimeout(() => requestAnimationFrame(drawn), 50))');
  };
  return { asked: asked.promise, letGo };
};

plainTest(
  'every answer carries the policy that the stack writes, and nothing inline is allowed',
  async () => {
    const paths = [
      '/',
      '/chats/7',
      '/invite/q3Vf0kTzX2m9b1cLr7YpSg',
      '/verify?token=Zm9vYmFy',
      '/reset?token=Zm9vYmFy',
      '/config.json',
      '/theme.js',
      '/sw.js',
      '/manifest.json',
    ];
    for (const path of paths) {
      const response = await fetch(webUrl() + path);
      assert.equal(response.status, 200, path);
      const policy = response.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.ok(
        policy.includes(`connect-src 'self' ${httpUrl()}/api/v1/ ${websocketUrl()} http://127.0.0.1:`),
        policy,
      );
      // The bucket and nothing else of S3, the distribution of files and nothing else of CloudFront.
      assert.match(
        policy,
        /img-src 'self' data: blob: (http:\/\/127\.0\.0\.1:\d+\/); media-src blob: \1; .* http:\/\/127\.0\.0\.1:\d+\/[a-z0-9-]+; base-uri/,
      );
      assert.match(
        policy,
        /frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types service-worker$/,
      );
      assert.doesNotMatch(policy, /unsafe|\*/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(response.headers.get('x-frame-options'), 'DENY');
      assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
      assert.match(response.headers.get('strict-transport-security') ?? '', /^max-age=31536000/);
      assert.equal(response.headers.get('cache-control'), 'no-cache');
    }
    assert.deepEqual(await (await fetch(`${webUrl()}/config.json`)).json(), {
      api_url: `${httpUrl()}/api/v1`,
    });
  },
);

plainTest(
  'files with a hash are kept for good, those that are missing are not the page, and all are small',
  async () => {
    const html = await (await fetch(webUrl())).text();
    assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|style=|\son\w+=/);
    const paths = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => String(path));
    assert.ok(paths.some((path) => /^\/assets\/.+\.js$/.test(path)));
    let bytes = 0;
    for (const path of ['/', ...paths]) {
      const response = await fetch(webUrl() + path, { headers: { 'accept-encoding': 'gzip' } });
      assert.equal(response.status, 200, path);
      bytes += Number(response.headers.get('content-length'));
      if (path.startsWith('/assets/')) {
        assert.match(response.headers.get('cache-control') ?? '', /immutable/, path);
        const etag = response.headers.get('etag') ?? '';
        const again = await fetch(webUrl() + path, { headers: { 'if-none-match': etag } });
        assert.equal(again.status, 304);
      }
    }
    assert.ok(bytes < COMPRESSED_BYTES_MAX, `${bytes} bytes`);
    // With what is loaded when it is needed: the parser of marks in messages, emoji and their names, files, panels and dialogs.
    const worker = await (await fetch(`${webUrl()}/sw.js`)).text();
    const later = [...worker.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => String(path));
    assert.ok(later.length > paths.filter((path) => path.startsWith('/assets/')).length);
    for (const path of later.filter((one) => !paths.includes(one))) {
      const response = await fetch(webUrl() + path, { headers: { 'accept-encoding': 'gzip' } });
      bytes += Number(response.headers.get('content-length'));
    }
    assert.ok(bytes < WHOLE_BYTES_MAX, `${bytes} bytes in all`);
    for (const path of ['/assets/gone.js', '/../package.json', '/.git/config']) {
      const response = await fetch(webUrl() + path);
      assert.equal(response.status, 403, path);
      assert.doesNotMatch(await response.text(), /<html/);
    }
  },
);

suite('in a browser', { concurrency: CONCURRENT_BROWSER_TESTS }, () => {
  const test = useDevices(webUrl);

  testNotificationsAndSafety(test);

  test('no state of the page keeps anybody out, in the light or in the dark', async ({ newDevice }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const kept = await send(grace, group.id, 'See https://example.org/one for more');
    const edited = await send(ada, group.id, 'Mine');
    await grace.api.request('POST', '/messages', {
      chat_id: group.id,
      content: `@${ada.username} A reply, @everybody`,
      reply_to_id: kept.id,
      mentions: [ada.id],
      mention_all: true,
    });
    const files = await Promise.all([
      ready(grace, await photograph()),
      ready(grace, await photograph('crane.jpg')),
      ready(grace, textFile('It eats fish.')),
    ]);
    await grace.api.request('POST', '/messages', {
      chat_id: group.id,
      content: '',
      attachment_ids: files.map(({ id }) => id),
    });
    const deleted = await send(ada, group.id, 'Gone soon');
    const adas = await newDevice();
    const { page } = adas;
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    await assertAccessibleInBoth(adas, 'logging in');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('.field-error').first().waitFor();
    await page.locator('input[name=username]:focus').waitFor();
    await assertAccessibleInBoth(adas, 'registering, with errors');
    await setTextSize(adas, 32);
    assert.equal(await page.evaluate('getComputedStyle(document.documentElement).fontSize'), '30px');
    await setTextSize(adas, 16);
    await page.getByRole('button', { name: 'Log in' }).click();
    await logIn(adas, ada);
    await page.getByRole('heading', { name: 'Choose a chat' }).waitFor();
    await assertAccessibleInBoth(adas, 'the list');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Your account' }).click();
    await page.locator('summary', { hasText: 'Where you are logged in' }).click();
    await page.getByText('This one').waitFor();
    await page.locator('summary', { hasText: 'Notifications' }).click();
    await assertVisibleInForcedColours(adas, 'dialog [role=switch]');
    await page.getByRole('button', { name: 'Delete account…' }).click();
    await page.locator('form[aria-label="Delete account"] input:focus').waitFor();
    await assertAccessibleInBoth(adas, 'the account');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /A group/ }).click();
    await messageSaying(adas, 'Gone soon').waitFor();
    await ada.api.request('DELETE', `/messages/${deleted.id}`);
    await ada.api.request('PUT', `/messages/${edited.id}`, { content: 'Mine, edited' });
    await messageSaying(adas, 'Message deleted').waitFor();
    await messageSaying(adas, 'Mine, edited').waitFor();
    await ada.api.request('PUT', `/messages/${kept.id}/reactions/${encodeURIComponent('👍')}`);
    await page.getByRole('button', { name: /^👍 1/ }).waitFor();
    await ada.api.request('PUT', `/messages/${kept.id}/pin`);
    await page.getByRole('region', { name: 'Pinned messages' }).waitFor();
    await messageSaying(adas, 'A reply').hover();
    await page.getByRole('button', { name: 'Reply', exact: true }).last().click();
    await page.locator('.editing .quote').waitFor();
    await page.keyboard.type('@');
    await page.getByRole('option', { name: /everybody/ }).waitFor();
    await handOver(adas, 'paste', [await photograph('egret.jpg'), textFile('It eats frogs.')]);
    await page.getByRole('list', { name: 'Files to send' }).getByText('egret.jpg').waitFor();
    await assertAccessibleInBoth(adas, 'a conversation, with a reply, a mention and files being written');
    await assertVisibleInForcedColours(
      adas,
      '.chat-row[aria-current]',
      '.bubble',
      '.mention-list [aria-selected=true]',
    );
    await page.getByRole('button', { name: 'Remove egret.jpg' }).click();
    await page.getByRole('button', { name: 'Remove notes.txt' }).click();
    await page.keyboard.press('Backspace');
    await page.getByRole('option').first().waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Photo 1 of 2: heron.jpg' }).click();
    await page.getByRole('dialog', { name: 'Photos' }).getByRole('img', { name: 'heron.jpg' }).waitFor();
    await assertAccessibleInBoth(adas, 'the viewer');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^All pinned/ }).click();
    await page.getByRole('dialog', { name: 'Pinned messages' }).waitFor();
    await assertAccessibleInBoth(adas, 'the pinned messages');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Who reacted' }).click({ force: true });
    await page.getByRole('dialog', { name: 'Reactions' }).getByRole('listitem').first().waitFor();
    await assertAccessibleInBoth(adas, 'who reacted');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Details of the chat' }).click();
    await page
      .getByRole('region', { name: 'Files' })
      .getByRole('button', { name: 'Photo: heron.jpg' })
      .waitFor();
    await page.getByRole('button', { name: `What to do with ${grace.username}` }).click();
    await page.getByRole('menu').waitFor();
    await assertAccessibleInBoth(adas, 'the details, with a menu');
    await page.keyboard.press('Escape');
    await assertVisibleInForcedColours(adas, '.segments input:checked + span');
    await page.getByRole('button', { name: 'Add people' }).click();
    await page.getByRole('dialog').getByText('Type two letters or more.').waitFor();
    await assertAccessibleInBoth(adas, 'a dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.setViewportSize({ width: 390, height: 780 });
    await assertAccessibleInBoth(adas, 'the details on a phone');
    await page.getByRole('button', { name: 'Close the details' }).click();
    await assertAccessibleInBoth(adas, 'a conversation on a phone');
    await page.getByRole('link', { name: 'Back to the chats' }).click();
    await page.getByRole('link', { name: 'Mentions' }).click();
    await page
      .locator('.mentions')
      .getByRole('link', { name: /A reply/ })
      .waitFor();
    await assertAccessibleInBoth(adas, 'the mentions on a phone');
    await page.getByRole('link', { name: 'Back to the chats' }).click();
    await page.getByLabel('Search chats and messages').fill('example');
    await page.getByRole('link', { name: /See https/ }).waitFor();
    await assertAccessibleInBoth(adas, 'a search on a phone');
    assert.equal(kept.seq, 1);
    assertNothingWrong(adas);
  });

  test('what people write is text: markup, addresses, other directions, ten thousand characters', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    await page.getByText('Nothing here yet').waitFor();

    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await send(grace, group.id, markup);
    await page.locator('.message .text', { hasText: markup }).waitFor();
    assert.equal(await page.locator('.messages img, .messages script').count(), 0);

    const addresses = 'javascript:alert(1) data:text/html,x and (https://example.org/a?b=c).';
    await send(grace, group.id, addresses);
    const links = page.locator('.message').last().locator('a');
    await page.locator('.message .text', { hasText: addresses }).waitFor();
    assert.equal(await links.count(), 1);
    assert.equal(await links.getAttribute('href'), 'https://example.org/a?b=c');
    assert.equal(await links.getAttribute('rel'), 'noopener noreferrer nofollow');

    await send(grace, group.id, 'صباح الخير');
    const arabic = page.locator('.message .text', { hasText: 'صباح' });
    await arabic.waitFor();
    assert.equal(
      await page.evaluate(`getComputedStyle([...document.querySelectorAll('.text')].at(-1)).direction`),
      'rtl',
    );
    await send(grace, group.id, '👩🏽‍🚀🎉');
    await page.locator('.message .text.emoji', { hasText: '🎉' }).waitFor();

    // The limit counts characters, and each of these takes two units.
    const long = '🥾'.repeat(9_999);
    await page.getByLabel('Message', { exact: true }).fill(`${long}ab`);
    await page.getByText('1 characters too many').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Send' }).isDisabled());
    await write(adas, `${long}a`);
    await stored(adas, '🥾');
    await messageSaying(adas, '🥾').getByRole('button', { name: 'Show all' }).click();
    assert.equal((await messageSaying(adas, '🥾').locator('.text').textContent())?.length, 2 * 9_999 + 1);
    assert.equal(dialogs, 0);
    assertNothingWrong(adas);
  });

  test('what is long or written in other directions stays in its place, in the light or in the dark', async ({
    deviceOf,
  }) => {
    const word = 'W'.repeat(72);
    const [ada, grace] = await newPeople('ada', 'grace');
    const mallory = await newPerson('m'.repeat(36));
    await grace.api.request('PUT', '/users/me', { full_name: word });
    await mallory.api.request('PUT', '/users/me', { full_name: word });
    const created = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: word,
      participant_ids: [grace.id, mallory.id],
    });
    const group = created.body.id;
    const direct = await grace.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [ada.id],
    });
    await send(grace, direct.body.id, word);
    await send(grace, group, `https://p\u0430ypal.com/ ${word}`);
    await send(mallory, group, 'w'.repeat(10_000));
    await send(mallory, group, '\u202eturned around');
    // 40 KB in UTF-8, and 60 KB with its characters escaped: neither fits into a frame.
    await send(grace, group, '\u0001'.repeat(9_999) + 'x');

    const adas = await deviceOf(ada, `/chats/${group}`);
    const { page } = adas;
    await messageSaying(adas, 'turned around').waitFor();
    await send(grace, group, '🦋'.repeat(9_999) + 'y');
    await messageSaying(adas, '🦋').waitFor();
    await write(adas, `${'"'.repeat(9_999)}z`);
    await stored(adas, '""');
    assert.equal(
      await page.locator('.message a').first().textContent(),
      'https://xn--pypal-4ve.com/',
      'a host that mixes scripts is shown for what it is',
    );

    /** Whatever is wider than the room that it has, and is not cut off by an ellipsis. */
    const overflows = `(() => {
      const wide = [...document.querySelectorAll('#page *')].filter((one) => {
        const { overflowX, textOverflow, clipPath } = getComputedStyle(one);
        if (textOverflow === 'ellipsis' || one.closest('.visually-hidden')) return false;
        const { right, left, width } = one.getBoundingClientRect();
        const beyond = width > 0 && (right > innerWidth + 0.5 || left < -0.5) && !one.closest('.name, .title, .preview, .menu, svg');
        const scrolls = overflowX !== 'visible' && one.tagName !== 'INPUT' && one.scrollWidth > one.clientWidth + 1;
        return beyond || scrolls;
      });
      const { scrollWidth, clientWidth } = document.documentElement;
      return [...(scrollWidth > clientWidth ? ['the page'] : []), ...wide.map((one) => one.tagName + '.' + one.className)];
    })()`;
    const assertInPlace = async (state: string): Promise<void> => {
      for (const width of [1280, 800, 320]) {
        await page.setViewportSize({ width, height: 700 });
        assert.deepEqual(await page.evaluate(overflows), [], `${state}, ${width} px`);
        if (width !== 800) await assertAccessibleInBoth(adas, `${state}, ${width} px`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    await assertInPlace('a conversation');
    await page
      .locator('.message')
      .filter({ hasText: /w{1000}/ })
      .getByRole('button', { name: 'Show all' })
      .click();
    await assertInPlace('a long message');
    await page.getByRole('link', { name: 'Details of the chat' }).click();
    await page.getByRole('button', { name: `What to do with ${word} (@${mallory.username})` }).waitFor();
    await assertInPlace('the details');
    await page.getByRole('button', { name: 'Close the details' }).click();
    // Who has the same name as somebody else is told from them wherever the name stands.
    for (const person of [grace, mallory]) {
      await page
        .locator('.sender', { hasText: `@${person.username}` })
        .first()
        .waitFor();
    }
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.getByRole('radio', { name: 'Group' }).check();
    await page.getByLabel('Members').fill(mallory.username);
    await page.getByRole('button', { name: new RegExp(`@${mallory.username}`) }).click();
    await page.getByRole('button', { name: /^Take / }).waitFor();
    await assertInPlace('a new group');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: new RegExp(`@${grace.username}`) }).click();
    await page.getByRole('heading', { name: `@${grace.username}` }).waitFor();
    await assertInPlace('a direct chat');
    assertNothingWrong(adas);
  });

  test('nothing of one person is shown to the next on the same device', async ({ newDevice }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const device = await newDevice(`/chats/${group.id}`);
    const network = await cutOff(device);
    const { page } = device;
    await page.reload();
    await logIn(device, ada);
    await page.getByText('Nothing here yet').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('a draft of Ada');
    const logOut = async (): Promise<void> => {
      await page.getByRole('button', { name: /^Account of/ }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
    };
    await network.cut();
    await page.getByText('You are offline.').first().waitFor();
    await write(device, 'not sent by Ada');
    await page.locator('.message.sending').waitFor();
    await page.getByLabel('Message', { exact: true }).fill('a draft of Ada');
    await logOut();
    await page.getByText('One message has not been sent.').waitFor();
    await page.getByRole('button', { name: 'Keep and log out' }).click();
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    await network.restore();

    await logIn(device, grace);
    await page.getByRole('link', { name: /A group/ }).click();
    await page.getByText('Nothing here yet').waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), '');
    assert.doesNotMatch(await page.content(), /(draft of|sent by) Ada/);
    await page.getByLabel('Message', { exact: true }).fill('a draft of Grace');
    await logOut();

    await logIn(device, ada);
    await page.getByRole('link', { name: /A group/ }).click();
    await stored(device, 'not sent by Ada');
    const { body } = await ada.api.request<{ items: Message[] }>('GET', `/messages/chat/${group.id}`);
    assert.deepEqual(
      body.items.map(({ sender_id, content }) => [sender_id, content]),
      [[ada.id, 'not sent by Ada']],
    );
    assertNothingWrong(device);
  });

  test('a browser that keeps nothing, or something broken, and a network with a portal do not stop it', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const device = await deviceOf(ada, `/chats/${group.id}`);
    // For the scripts below.
    device.isSpent = true;
    const { page } = device;
    // Whatever a version before or after this one, or a crash in the middle of writing, left behind.
    await page.evaluate(`for (const key of Object.keys(localStorage))
      localStorage.setItem(key, localStorage.getItem(key).slice(0, 20))`);
    await page.reload();
    await logIn(device, ada);

    await page.addInitScript(
      `IDBFactory.prototype.open = () => { throw new DOMException('None.', 'UnknownError'); }`,
    );
    const portal = (route: Route): Promise<void> =>
      route.fulfill({
        status: 200,
        headers: { 'access-control-allow-origin': '*' },
        contentType: 'text/html',
        body: '<html><body>Welcome to the hotel</body></html>',
      });
    // Connections stay away for longer: with one the chats would come by themselves.
    await page.route('**/api/v1/ws/tickets', portal);
    await page.route('**/api/v1/**', portal);
    await page.reload();
    await page.getByText('Your chats could not be loaded.').waitFor();
    await page.unroute('**/api/v1/**');
    await page.getByRole('button', { name: 'Try again' }).first().click();
    await page.getByRole('link', { name: /A group/ }).waitFor();
    await page.unroute('**/api/v1/ws/tickets');

    await page.addInitScript(`for (const name of ['getItem', 'setItem', 'removeItem'])
      Storage.prototype[name] = () => { throw new DOMException('Full.', 'QuotaExceededError'); }`);
    await page.reload();
    await logIn(device, ada);
    await page.getByRole('link', { name: /A group/ }).click();
    await write(device, 'kept in mind');
    await stored(device, 'kept in mind');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
    assertNothingWrong(device);
  });

  test('an answer that comes late takes back no member', async ({ deviceOf }) => {
    const [ada, grace, alan] = await newPeople('ada', 'grace', 'alan');
    const group = await newGroup(ada, grace);
    const adas = await deviceOf(ada, `/chats/${group.id}/details`);
    const { page } = adas;
    await page.getByRole('heading', { name: '2 members' }).waitFor();
    await page.getByRole('button', { name: 'Close the details' }).click();
    const details = await holdBack(adas, new RegExp(`/chats/${group.id}$`));
    await page.getByRole('link', { name: 'Details of the chat' }).click();
    await details.asked;
    await ada.api.request('POST', `/chats/${group.id}/participants`, { user_ids: [alan.id] });
    await page.locator('.people li', { hasText: alan.username }).waitFor();
    await details.letGo();
    assert.equal(await page.locator('.people li').count(), 3);
    await page.getByRole('heading', { name: '3 members' }).waitFor();

    assertNothingWrong(adas);
  });

  test('a change that is confirmed late ends no other change, and none that goes on', async ({
    deviceOf,
  }) => {
    const [ada] = await newPeople('ada');
    const group = await newGroup(ada);
    for (const text of ['First', 'Second']) await send(ada, group.id, text);
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    const field = page.getByLabel('Change the message');
    const begin = async (text: string): Promise<void> => {
      await messageSaying(adas, text).locator('.text').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Edit' }).click();
      await page.locator('.editing', { hasText: text }).waitFor();
    };
    await begin('First');
    const first = await holdBack(adas, /\/messages\/\d+$/, 'PUT');
    await field.fill('First, changed');
    await field.press('Enter');
    await first.asked;
    await begin('Second');
    await field.fill('Second, half');
    await first.letGo();
    await messageSaying(adas, 'First, changed').waitFor();
    assert.equal(await field.inputValue(), 'Second, half');

    const second = await holdBack(adas, /\/messages\/\d+$/, 'PUT');
    await field.press('Enter');
    await second.asked;
    await field.pressSequentially(' and more');
    await second.letGo();
    await messageSaying(adas, 'Second, half').waitFor();
    assert.equal(await field.inputValue(), 'Second, half and more');
    // Back to what it said at first: that is a change, too.
    await field.fill('Second');
    await field.press('Enter');
    await field.waitFor({ state: 'detached' });
    await page.locator('.text').getByText('Second', { exact: true }).waitFor();
    assertNothingWrong(adas);
  });

  test('what arrives closes no menu, and opens no window', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const pinned = await send(grace, group.id, 'Pinned first\n'.repeat(40));
    const next = await send(grace, group.id, 'Pinned next');
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    await messageSaying(adas, 'Pinned next').focus();
    await page.keyboard.press('Enter');
    const menu = page.getByRole('menu');
    await menu.waitFor();
    await send(grace, group.id, 'What arrives');
    await messageSaying(adas, 'What arrives').waitFor();
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    assert.equal(await page.evaluate(`document.activeElement.closest('[role=menu]') !== null`), true);
    // The user scrolls: it closes, and gives the focus back.
    await page.mouse.move(1200, 300);
    await page.mouse.wheel(0, -100);
    await menu.waitFor({ state: 'detached' });
    await page.locator('.message:focus', { hasText: 'Pinned next' }).waitFor();

    const pins = page.getByRole('region', { name: 'Pinned messages' });
    await ada.api.request('PUT', `/messages/${pinned.id}/pin`);
    await pins.getByRole('button', { name: 'All pinned messages' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unpin' }).click();
    await pins.waitFor({ state: 'detached' });
    await ada.api.request('PUT', `/messages/${next.id}/pin`);
    await pins.waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    assertNothingWrong(adas);
  });

  test('the details give the focus back, and show no old name; who leaves a group stays where they went', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { body: other } = await grace.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: 'The other group',
      participant_ids: [ada.id],
    });
    const group = await newGroup(ada, grace);
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    for (const [name, panel] of [
      ['Search in this chat', page.locator('.details input:focus')],
      ['Details of the chat', page.locator('.details:focus')],
    ] as const) {
      await page.getByRole('link', { name }).focus();
      await page.keyboard.press('Enter');
      await panel.waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.details').waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(`document.activeElement.ariaLabel`), name);
    }

    await page.keyboard.press('Enter');
    const field = page.getByLabel('Name of the group');
    const rename = page.getByRole('button', { name: 'Rename', exact: true });
    await field.waitFor();
    await ada.api.request('PUT', `/chats/${group.id}`, { name: 'Renamed elsewhere' });
    await page.getByRole('heading', { name: 'Renamed elsewhere' }).waitFor();
    assert.deepEqual([await field.inputValue(), await rename.count()], ['Renamed elsewhere', 0]);
    await field.fill('Renamed here');
    await rename.click();
    await page.getByRole('heading', { name: 'Renamed here' }).waitFor();
    await page.locator('form.rename:focus').waitFor();
    await rename.waitFor({ state: 'detached' });

    const left = await holdBack(adas, new RegExp(`/chats/${group.id}$`), 'DELETE');
    await page.getByRole('button', { name: 'Leave the group' }).click();
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await left.asked;
    await page.getByRole('link', { name: /The other group/ }).click();
    await page.getByRole('heading', { name: 'The other group' }).waitFor();
    await left.letGo();
    await page.getByRole('link', { name: /Renamed here/ }).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).pathname, `/chats/${other.id}`);
    assertNothingWrong(adas);
  });

  test('a message that the service refuses says so, and can be taken back', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    await page.getByText('Nothing here yet').waitFor();
    // Half a character, which no store can hold.
    await page.evaluate(`{
      const field = document.querySelector('textarea');
      field.value = 'half \\ud83e';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.message.failed').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.message.failed').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.locator('.message.failed').waitFor({ state: 'detached' });
    await write(adas, 'whole');
    await stored(adas, 'whole');

    // A reply that was begun to what is not there any more.
    const other = await newGroup(ada, grace);
    const replyTo = await send(ada, other.id, 'elsewhere');
    const drafts = JSON.stringify([[group.id, { text: 'A reply', replyTo }]]);
    await page.evaluate(`localStorage.setItem('chat.drafts.${ada.id}', ${JSON.stringify(drafts)})`);
    await page.reload();
    await page.locator('.editing', { hasText: 'elsewhere' }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.message.failed').waitFor();
    await page.getByRole('button', { name: 'Send without the reply' }).click();
    await stored(adas, 'A reply');
    assertNothingWrong(adas);
  });

  test('the keyboard is enough', async ({ newDevice }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(grace, group.id, 'By hand? Tab goes past https://example.org/ from outside.');
    const adas = await newDevice();
    const { page } = adas;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    await press('Tab');
    await page.keyboard.type(ada.username);
    await press('Tab');
    await page.keyboard.type(ada.password);
    await press('Enter');
    const row = page.getByRole('link', { name: /A group/ });
    await row.waitFor();
    // Account, mentions, new chat, search, and then the first chat.
    await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Enter');
    await messageSaying(adas, 'By hand?').waitFor();
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.type('By kyes alone');
    await press('Enter');
    await stored(adas, 'By kyes');

    // The last message of one's own is one key away.
    await press('ArrowUp');
    await page.getByText('Edit message').waitFor();
    await press('Control+a');
    await page.keyboard.type('By keys alone');
    await press('Enter');
    await messageSaying(adas, 'By keys alone').getByText('edited').waitFor();
    // The socket may tell of the change before its request is answered.
    await page.getByText('Edit message').waitFor({ state: 'detached' });

    await press('Shift+Tab', 'ArrowUp', 'Enter');
    await page.getByRole('menu').waitFor();
    await press('End', 'Enter');
    await messageSaying(adas, 'Message deleted').waitFor();
    await press('ArrowUp', 'ArrowDown');
    assert.match(
      String(await page.evaluate('document.activeElement.textContent')),
      /Message deleted/,
      'the arrows move over the messages',
    );
    await press('Enter');
    await messageSaying(adas, 'By keys alone').waitFor();
    assertNothingWrong(adas);
  });

  test('one changes one’s profile and password, and ends the account', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chat = await newGroup(ada, grace);
    await send(ada, chat.id, 'I was here');
    const [adas, phone, graces] = await Promise.all([
      deviceOf(ada),
      deviceOf(ada),
      deviceOf(grace, `/chats/${chat.id}`),
    ]);
    const { page } = adas;
    const openAccount = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: `Account of ${name}` }).click();
      await page.getByRole('menuitem', { name: 'Your account' }).click();
    };
    await openAccount(ada.username);
    const profile = page.getByRole('form', { name: 'Profile' });
    await profile.getByLabel('E-mail').fill(grace.email);
    await profile.getByLabel('Current password').fill('not my password');
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByText('This is not your password.').waitFor();
    await profile.getByLabel('Current password').fill(ada.password);
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByText('There is an account with this e-mail address.').waitFor();
    await profile.getByLabel('E-mail').fill(`new-${ada.email}`);
    await profile.getByLabel('Full name').fill('Ada Lovelace');
    // Who selects a text and releases the mouse beside the dialog loses nothing.
    const field = await profile.getByLabel('Full name').boundingBox();
    assert.ok(field !== null);
    await page.mouse.move(field.x + field.width / 2, field.y + field.height / 2);
    await page.mouse.down();
    await page.mouse.move(10, field.y);
    await page.mouse.up();
    // Nor does who clicks there before the change is saved.
    await page.mouse.click(10, 10);
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByText('Your profile is saved.').waitFor();
    assert.equal(await profile.getByLabel('Full name').inputValue(), 'Ada Lovelace');

    const password = page.getByRole('form', { name: 'Password' });
    await password.getByLabel('Current password').fill('not my password');
    await password.getByLabel('New password').fill('a new battery');
    await password.getByRole('button', { name: 'Change password' }).click();
    await password.getByText('This is not your password.').waitFor();
    await password.getByLabel('Current password').fill(ada.password);
    await password.getByRole('button', { name: 'Change password' }).click();
    await password.getByText('Your password is changed.').waitFor();
    await phone.page.getByText('Your session has ended.').waitFor();
    await page.mouse.click(10, 10);
    await password.waitFor({ state: 'detached' });

    await openAccount('Ada Lovelace');
    await page.getByRole('button', { name: 'Delete account…' }).click();
    const deletion = page.getByRole('form', { name: 'Delete account' });
    await deletion.getByLabel('Current password').fill('a new battery');
    await deletion.getByRole('button', { name: 'Delete for ever' }).click();
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    const logInForm = page.getByRole('form', { name: 'Log in' });
    await logInForm.getByLabel('Username or e-mail').fill(ada.username);
    await logInForm.getByLabel('Password').fill('a new battery');
    await logInForm.getByLabel('Password').press('Enter');
    await logInForm.getByText('The username or the password is wrong.').waitFor();
    await graces.page.reload();
    await messageSaying(graces, 'I was here').waitFor();
    await graces.page.getByText('deleted user').first().waitFor();
    assertNothingWrong(adas, phone, graces);
  });

  test('what one began to write is there after a reload, and in the list', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const [one, other] = [await newGroup(ada, grace), await newGroup(ada, grace)];
    await ada.api.request('PUT', `/chats/${other.id}`, { name: 'The other one' });
    // In the address as people shorten it.
    const adas = await deviceOf(ada, `/chat/${one.id}`);
    const { page } = adas;
    const field = page.getByLabel('Message', { exact: true });
    await field.fill('begun here');
    assert.equal(new URL(page.url()).pathname, `/chats/${one.id}`);
    // The Enter by which an input method confirms a character sends nothing. Safari reports it like this.
    await field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 });
    const row = page.getByRole('link', { name: /A group/ });
    await page.getByRole('link', { name: /The other one/ }).click();
    await row.getByText('Draft: begun here').waitFor();
    assert.equal(await field.inputValue(), '');
    await page.reload();
    await row.getByText('Draft: begun here').waitFor();
    await row.click();
    await page.getByRole('region', { name: 'A group' }).waitFor();
    assert.equal(await field.inputValue(), 'begun here');

    // A board of emoji, by the keyboard alone. They are found by other words than their names, too.
    await page.getByRole('button', { name: 'Emoji' }).click();
    await page.getByLabel('Search emoji').fill('congrat');
    await page.getByRole('button', { name: 'party popper' }).waitFor();
    await page.getByLabel('Search emoji').fill('part pop');
    await page.getByRole('button', { name: 'party popper' }).waitFor();
    await assertAccessible(adas, 'the emoji');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), 'begun here🎉');
    await page.getByRole('button', { name: 'Emoji' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Emoji' }).waitFor({ state: 'detached' });
    await page.locator('textarea:focus').waitFor();

    // In a low window, with a long draft, all of it is in sight; so are menus, which scroll.
    const assertInSight = async (role: 'dialog' | 'menu' | 'listbox', least = 120): Promise<void> => {
      const [box, window] = [await page.getByRole(role).boundingBox(), page.viewportSize()];
      assert.ok(box !== null && window !== null);
      assert.ok(box.y >= 0 && box.y + box.height <= window.height, `${role}: ${JSON.stringify(box)}`);
      assert.ok(box.x >= 0 && box.x + box.width <= 640, `${role}: ${JSON.stringify(box)}`);
      assert.ok(box.height > least, `${role}: ${JSON.stringify(box)}`);
    };
    await write(adas, 'Low');
    await stored(adas, 'Low');
    // An unfinished change of a message is there, too. The Escape of an input method does not end it.
    await field.press('ArrowUp');
    const change = page.getByLabel('Change the message');
    await change.fill('Low, half');
    await change.dispatchEvent('keydown', { key: 'Escape', isComposing: true });
    await page.getByRole('link', { name: /The other one/ }).click();
    await page.getByRole('region', { name: 'The other one' }).waitFor();
    await page.reload();
    await row.click();
    await page.locator('.editing', { hasText: 'Low' }).waitFor();
    assert.equal(await change.inputValue(), 'Low, half');
    await change.press('Escape');
    await field.waitFor();
    assert.equal(await field.inputValue(), '');
    await page.setViewportSize({ width: 640, height: 320 });
    await field.fill('begun\n'.repeat(12));
    await page.getByRole('button', { name: 'Emoji' }).click();
    await page.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
    await assertInSight('dialog');
    await page.getByLabel('Search emoji').click();
    await page.setViewportSize({ width: 640, height: 300 });
    await assertInSight('dialog');
    await page.setViewportSize({ width: 640, height: 320 });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Emoji' }).waitFor({ state: 'detached' });
    await field.press('Control+End');
    await page.setViewportSize({ width: 640, height: 280 });
    await page.keyboard.type('@');
    await page.getByRole('option').first().waitFor();
    await assertInSight('listbox', 20);
    await field.fill('');
    await page.setViewportSize({ width: 640, height: 240 });
    await messageSaying(adas, 'Low').locator('.text').click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await assertInSight('menu');
    await page.keyboard.press('End');
    await page.keyboard.press('Escape');
    // Whatever is being written, the button that sends it is in sight.
    await messageSaying(adas, 'Low').focus();
    await page.keyboard.press('r');
    await page.locator('.editing', { hasText: 'Low' }).waitFor();
    const notes = Array.from({ length: 6 }, (_, index) => textFile(`${index}`, `note-${index}.txt`));
    await handOver(adas, 'drop', notes);
    await field.fill('begun\n'.repeat(15));
    for (const [width, height] of [
      [640, 400],
      [390, 470],
      [844, 220],
    ] as const) {
      await page.setViewportSize({ width, height });
      const box = await page.getByRole('button', { name: 'Send', exact: true }).boundingBox();
      assert.ok(box !== null && box.y >= 0 && box.y + box.height <= height, `${height}: ${box?.y}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    // Files are not kept, so the browser asks before it closes the page.
    const closes = (): Promise<unknown> =>
      page.evaluate(`dispatchEvent(new Event('beforeunload', { cancelable: true }))`);
    assert.equal(await closes(), false);
    for (const { file_name } of notes)
      await page.getByRole('button', { name: `Remove ${file_name}` }).click();
    assert.equal(await closes(), true);

    // A file that is let go of takes the place of no page: without a chat it goes nowhere.
    await page.evaluate(`history.pushState(null, '', '/'); dispatchEvent(new PopStateEvent('popstate'))`);
    await page.getByRole('heading', { name: 'Choose a chat' }).waitFor();
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
    }`);
    await page.getByText('Open a chat first').waitFor();
    assertNothingWrong(adas);
  });

  test('addresses that lead nowhere say so', async ({ deviceOf }) => {
    const [ada, grace, alan] = await newPeople('ada', 'grace', 'alan');
    const others = await newGroup(grace, alan);
    const adas = await deviceOf(ada, `/chats/${others.id}`);
    const { page } = adas;
    await page.getByRole('heading', { name: 'There is no such chat' }).waitFor();
    await page.goto(`${webUrl()}/chat/123456789012345`);
    await page.getByRole('heading', { name: 'There is no such chat' }).waitFor();
    for (const path of ['/chats/none', '/chats/9999999999999999']) {
      await page.goto(webUrl() + path);
      await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    }
    await page.getByRole('button', { name: 'To your chats' }).click();
    await page.getByRole('heading', { name: 'Choose a chat' }).waitFor();
    assertNothingWrong(adas);
  });

  test('a form says in sentences what is wrong, and shows a password on demand', async ({ newDevice }) => {
    const device = await newDevice('/', { viewport: { width: 390, height: 780 } });
    const { page } = device;
    await page.getByRole('button', { name: 'Create an account' }).click();
    const form = page.getByRole('form', { name: 'Register' });
    await form.getByLabel('Username').fill('a');
    await form.getByLabel('E-mail').fill('nobody');
    await form.getByLabel('Password', { exact: true }).fill('short');
    await form.getByRole('button', { name: 'Create account' }).click();
    await form.getByText('Must have at least 8 characters.').waitFor();
    await form.getByText('Must have at least 3 characters.').waitFor();
    await form.getByText('Must be an e-mail address, such as ada@example.org.').waitFor();
    const password = form.getByLabel('Password', { exact: true });
    assert.equal(await password.getAttribute('type'), 'password');
    await form.getByRole('button', { name: 'Show what is typed' }).click();
    assert.equal(await password.getAttribute('type'), 'text');
    assert.equal(await password.inputValue(), 'short');
    // Phones enlarge the page for fields with smaller letters.
    const sizes = await page.evaluate(
      `[...document.querySelectorAll('input')].map((one) => getComputedStyle(one).fontSize)`,
    );
    assert.deepEqual([...new Set(sizes as string[])], ['16px']);
    assertNothingWrong(device);
  });

  test('the page opens without a network, with what was seen last, and forgets it at the log-out', async ({
    newDevice,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const { body: other } = await grace.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: 'The other group',
      participant_ids: [ada.id],
    });
    await send(grace, group.id, 'Seen **before**');
    const device = await newDevice(`/chats/${group.id}`, { serviceWorkers: 'allow' });
    const { page, context } = device;
    await logIn(device, ada);
    await messageSaying(device, 'Seen before').waitFor();
    await page.evaluate(`navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller ??
      new Promise((taken) => navigator.serviceWorker.addEventListener('controllerchange', taken)))`);
    const seen = ['Seen', 'The other group'];
    await kept(device, seen);
    const caches = (await page.evaluate(`caches.keys().then(async (names) =>
      (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat())`)) as string[];
    assert.ok(
      caches.length > 5 && caches.every((url) => url.startsWith(webUrl())),
      'the shell and nothing else',
    );
    const manifest = (await page.evaluate(`fetch('/manifest.json').then((answer) => answer.json())`)) as {
      display: string;
      icons: { src: string; sizes: string; type: string }[];
    };
    assert.equal(manifest.display, 'standalone');
    for (const { src, type } of manifest.icons) {
      const response = await fetch(webUrl() + src);
      assert.equal(response.headers.get('content-type'), type);
    }

    await context.setOffline(true);
    // Without what the client keeps, nobody tells the page that it is in a group no more.
    await page.evaluate(`localStorage.removeItem('chat-service/cursors')`);
    await grace.api.request('DELETE', `/chats/${other.id}/participants?user_id=${ada.id}`);
    await page.reload();
    await messageSaying(device, 'Seen before').waitFor();
    await page.getByRole('link', { name: /The other group/ }).waitFor();
    assert.equal(await page.locator('.text strong').textContent(), 'before');
    await page.getByText('You are offline.').first().waitFor();
    await write(device, 'written without a network');
    await page.locator('.message.sending').waitFor();
    await send(grace, group.id, 'said meanwhile');
    // The browser says that the network is back, and the client connects by itself.
    await context.setOffline(false);
    await messageSaying(device, 'said meanwhile').waitFor();
    await page.getByRole('link', { name: /The other group/ }).waitFor({ state: 'detached' });
    await stored(device, 'written without');

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    await kept(device, seen, false);
    await context.setOffline(true);
    await page.reload();
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    assertNothingWrong(device);
  });

  test('an access token that has run out is renewed without a word', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(grace, group.id, 'Still here?');
    const adas = await deviceOf(ada);
    const { page } = adas;
    let refused = 0;
    await page.route('**/api/v1/messages/chat/*', async (route) => {
      if (refused > 0) return route.continue();
      refused += 1;
      return route.fulfill({
        status: 401,
        headers: { 'access-control-allow-origin': '*' },
        json: { detail: 'The access token has run out.', status_code: 401, code: 'token_expired' },
      });
    });
    await page.getByRole('link', { name: /A group/ }).click();
    await messageSaying(adas, 'Still here?').waitFor();
    assert.equal(refused, 1);
    await write(adas, 'Still here.');
    await stored(adas, 'Still here.');
    assertNothingWrong(adas);
  });

  test('displaced by newer devices, it says so, and connects again when it is asked to', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(grace, ada);
    const device = await deviceOf(ada, `/chats/${group.id}`);
    const others = await Promise.all(Array.from({ length: 10 }, () => ada.connect()));
    const banner = device.page.getByText('Too many devices.').first();
    await banner.waitFor();
    await send(grace, group.id, 'while you had no place');
    await device.page.getByRole('button', { name: 'Connect here' }).first().click();
    await messageSaying(device, 'while you had no place').waitFor();
    await banner.waitFor({ state: 'detached' });
    assertNothingWrong(device);
    await Promise.all(others.map((socket) => socket.close()));
  });

  test('a tab that was taken over keeps nothing of who logs out in the other one', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(grace, group.id, 'Not for everybody');
    const first = await deviceOf(ada, `/chats/${group.id}`);
    await messageSaying(first, 'Not for everybody').waitFor();
    await kept(first, ['Not for everybody']);
    await handOver(first, 'paste', [textFile('Not sent', 'note.txt')]);
    const page = await first.context.newPage();
    await page.goto(webUrl());
    await page.getByRole('button', { name: 'Use it here' }).click();
    await page.getByRole('button', { name: /^Account of/ }).click();
    await first.page.getByRole('heading', { name: 'The chat is open in another tab' }).waitFor();
    await first.page.getByText('The files that you had attached here were not sent').waitFor();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('form', { name: 'Log in' }).waitFor();
    await kept({ page }, ['Not for everybody'], false);
    await first.page.evaluate(`{
      Object.defineProperty(document, 'hidden', { value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }`);
    await kept(first, ['Not for everybody'], false);
    assertNothingWrong(first);
  });

  test('one tab of a browser has the session; another takes it over when it is asked to', async ({
    deviceOf,
  }) => {
    const [ada] = await newPeople('ada');
    const first = await deviceOf(ada);
    const second = await first.context.newPage();
    await second.goto(webUrl());
    await second.getByRole('button', { name: 'Use it here' }).click();
    await second.getByText('No chats yet').waitFor();
    await first.page.getByRole('heading', { name: 'The chat is open in another tab' }).waitFor();
    await second.close();
    await first.page.getByRole('button', { name: 'Use it here' }).click();
    await first.page.getByText('No chats yet').waitFor();

    // One that is taken over while it starts goes no further: before it has the session, and when it is about to draw.
    const elsewhere = first.page.getByRole('heading', { name: 'The chat is open in another tab' });
    for (const part of [/\/config\.json$/, /\/assets\/conversation[^/]*\.js$/]) {
      const held = await holdBack(first, part);
      await first.page.reload({ waitUntil: 'commit' });
      await held.asked;
      const other = await first.context.newPage();
      await other.goto(webUrl());
      await other.getByRole('button', { name: 'Use it here' }).click();
      await online({ page: other });
      await elsewhere.waitFor();
      let sockets = 0;
      first.page.on('websocket', () => (sockets += 1));
      await held.letGo();
      // Whatever it still did would have been begun by then.
      await first.page.waitForTimeout(300);
      assert.deepEqual([await elsewhere.count(), sockets], [1, 0], String(part));
      await other.close();
      await first.page.getByRole('button', { name: 'Use it here' }).click();
      await first.page.getByText('No chats yet').waitFor();
    }

    await first.page.getByRole('button', { name: /^Account of/ }).click();
    await first.page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await first.page.reload();
    assert.equal(await first.page.evaluate('document.documentElement.dataset.theme'), 'dark');
    await first.page.getByRole('button', { name: /^Account of/ }).click();
    await first.page.getByRole('menuitem', { name: 'Log out' }).click();
    await first.page.getByRole('form', { name: 'Log in' }).waitFor();
    await first.page.reload();
    await first.page.getByRole('form', { name: 'Log in' }).waitFor();
    assertNothingWrong(first);
  });
});
