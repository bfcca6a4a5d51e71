import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, type TestContext } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openChromium } from './chromium.ts';
import type { LocalFile } from './uploads.ts';

/** A device: a browser with storage of its own, on the chat page. */
export interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page should not have done: errors, violations of its policy, requests to strangers. */
  readonly wrong: string[];
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Opens the chat page on a new device, where nobody is logged in. */
export const openDevice = async (
  browser: Browser,
  webUrl: string,
  options: BrowserContextOptions = {},
  path = '/',
): Promise<Device> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // It would answer ahead of the routes that tests take away. Tests of it say 'allow'.
    serviceWorkers: 'block',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wrong: string[] = [];
  page.on('console', (message) => {
    // What the browser itself logs of an answer from 400 up, without a network, or of pushes, which no device of a test
    // has, is no fault of the page.
    const isNetwork =
      /Failed to load resource|ERR_INTERNET_DISCONNECTED|WebSocket connection|blocked by Playwright|support the Push API in incognito mode/.test(
        message.text(),
      );
    if ((message.type() === 'error' || message.type() === 'warning') && !isNetwork)
      wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && hostname !== '127.0.0.1')
      wrong.push(`a request to ${hostname}`);
  });
  // The policy's violations are events of the document, also those that no console shows.
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => console.error('refused: ' + e.violatedDirective + ' ' + e.blockedURI))`,
  );
  await page.goto(webUrl + path);
  return { context, page, wrong };
};

export const logIn = async ({ page }: Device, { username, password }: Credentials): Promise<void> => {
  const form = page.getByRole('form', { name: 'Log in' });
  await form.getByLabel('Username or e-mail').fill(username);
  await form.getByLabel('Password').fill(password);
  await form.getByLabel('Password').press('Enter');
  await online({ page });
};

/**
 * A browser for the tests of a file or a suite, and devices that end with the test that opened them.
 *
 * @param webUrl where the chat page is
 */
export const useDevices = (webUrl: () => string) => {
  let browser: Browser | undefined;
  let devices: Device[] = [];
  before(async () => {
    browser = await openChromium();
  });
  after(() => browser?.close());
  afterEach(async () => {
    await Promise.all(devices.map(({ context }) => context.close()));
    devices = [];
  });

  const newDevice = async (path = '/', options: BrowserContextOptions = {}): Promise<Device> => {
    assert.ok(browser !== undefined);
    const device = await openDevice(browser, webUrl(), options, path);
    devices.push(device);
    return device;
  };
  return {
    newDevice,
    /** A device on which somebody is logged in. */
    deviceOf: async (
      person: Credentials,
      path = '/',
      options: BrowserContextOptions = {},
    ): Promise<Device> => {
      const device = await newDevice(path, options);
      await logIn(device, person);
      return device;
    },
    /** Skips the test where there is no browser. @returns whether it did */
    isSkipped: (t: TestContext): boolean => {
      if (browser !== undefined) return false;
      t.skip('no Chromium here, and it cannot be installed');
      return true;
    },
  };
};

/** Until everything that happens arrives at the page. */
export const online = ({ page }: Pick<Device, 'page'>): Promise<void> =>
  page.locator('[data-connection=online]').waitFor();

/** Writes into the chat that is open. */
export const write = async ({ page }: Device, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByLabel('Message', { exact: true }).press('Enter');
};

/** A message of the chat that is open, once it is there. */
export const messageSaying = ({ page }: Device, text: string) =>
  page.locator('.message').filter({ hasText: text });

/** Lets go of files above the page, or pastes them. */
export const handOver = async (
  { page }: Pick<Device, 'page'>,
  how: 'drop' | 'paste',
  files: readonly LocalFile[],
): Promise<void> => {
  const given = files.map(({ bytes, file_name, content_type }) => ({
    base64: Buffer.from(bytes).toString('base64'),
    file_name,
    content_type,
  }));
  await page.evaluate(
    `(() => {
      const data = new DataTransfer();
      for (const { base64, file_name: name, content_type: type } of ${JSON.stringify(given)}) {
        data.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], name, { type }));
      }
      const options = { bubbles: true, cancelable: true };
      document.querySelector('.composer textarea').dispatchEvent(
        '${how}' === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: data })
          : new ClipboardEvent('paste', { ...options, clipboardData: data }),
      );
    })()`,
  );
};

/** The texts in the order in which the page shows them. */
export const textsOn = ({ page }: Device): Promise<string[]> =>
  page.locator('.message .text').allTextContents();

/** @throws AssertionError telling what the page should not have done */
export const assertNothingWrong = (...devices: readonly Device[]): void => {
  for (const { wrong } of devices) assert.deepEqual(wrong, []);
};

const readAxe = (): string =>
  readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @throws AssertionError with what axe finds wrong with the page as it stands */
export const assertAccessible = async ({ page }: Pick<Device, 'page'>, state: string): Promise<void> => {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(`${readAxe()};0`);
  const violations = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html.slice(0, 120) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`,
  )) as string[];
  assert.deepEqual(violations, [], state);
};

/** Takes a device's network away and gives it back. It holds from the page's next loading on. */
export const cutOff = async (device: Device): Promise<{ cut(): Promise<void>; restore(): Promise<void> }> => {
  const { context, page } = device;
  let isCut = false;
  const open = new Set<{ close(options?: { code?: number }): Promise<void> }>();
  // An open socket does not notice what the browser emulates, so it goes through here.
  await page.routeWebSocket(/.*/, (socket) => {
    if (isCut) {
      void socket.close({ code: 1011 });
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  return {
    cut: async () => {
      isCut = true;
      await context.setOffline(true);
      await Promise.all([...open].map((socket) => socket.close({ code: 1011 })));
      open.clear();
    },
    restore: async () => {
      isCut = false;
      await context.setOffline(false);
    },
  };
};
