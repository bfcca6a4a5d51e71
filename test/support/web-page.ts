import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test, type TestContext } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { createChatClient } from '../../lib/client/index.ts';
import { openChromium, type ChromiumBuild } from './chromium.ts';
import { httpUrl } from './people.ts';
import type { LocalFile } from './uploads.ts';

/** A device: a browser context with its own storage and the chat page. */
export interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Faults of the page: errors, violations of its security policy, requests to other hosts. */
  readonly wrong: string[];
  /** Whether a test has changed the device irreversibly, so that no other test may use it. */
  isSpent: boolean;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const desk = { width: 1280, height: 800 };

/** The options that turn a device into a phone. */
export const phoneOptions = {
  viewport: { width: 390, height: 780 },
  hasTouch: true,
  isMobile: true,
} as const;

const createDevice = async (browser: Browser, options: BrowserContextOptions): Promise<Device> => {
  const context = await browser.newContext({
    viewport: desk,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // Without a graphics card, a frame of an animation costs as much as rendering the whole page.
    reducedMotion: 'reduce',
    // A service worker would respond before the routes that tests intercept. Tests of the worker use 'allow'.
    serviceWorkers: 'block',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wrong: string[] = [];
  page.on('console', (message) => {
    // The browser itself logs responses with a status of 400 or above, a missing network, and missing push services in
    // a test's browser; these are not faults of the page.
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
  // Violations of the policy are events of the document; not all of them appear in the console.
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => console.error('refused: ' + e.violatedDirective + ' ' + e.blockedURI))`,
  );
  return { context, page, wrong, isSpent: options.serviceWorkers === 'allow' };
};

/**
 * The number of tests of a suite that use the browser at the same time: while one waits for the service, another
 * renders. Playwright emulates the focus for each page, so that no page is throttled as a background page.
 */
export const CONCURRENT_BROWSER_TESTS = 2;

/** Opens the chat page on a new device without a session. */
export const openDevice = async (
  browser: Browser,
  webUrl: string,
  options: BrowserContextOptions = {},
  path = '/',
): Promise<Device> => {
  const device = await createDevice(browser, options);
  await device.page.goto(webUrl + path);
  return device;
};

/** Logs in by the form. */
export const logIn = async ({ page }: Device, { username, password }: Credentials): Promise<void> => {
  const form = page.getByRole('form', { name: 'Log in' });
  await form.getByLabel('Username or e-mail').fill(username);
  await form.getByLabel('Password').fill(password);
  await form.getByLabel('Password').press('Enter');
  await online({ page });
};

/**
 * A file of the page's origin that runs no code: while it is open, the storage can be changed without interference from
 * the page.
 */
const RESTING_PLACE = '/theme.js';

/** Resets a device to a new state, except for the browser's compiled code and its cache. */
const tidy = async (
  { context, page, wrong }: Device,
  webUrl: string,
  options: BrowserContextOptions,
): Promise<void> => {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.setOffline(false);
  await Promise.all(context.pages().flatMap((one) => (one === page ? [] : [one.close()])));
  await page.goto(webUrl + RESTING_PLACE);
  await page.evaluate(`(async () => {
    localStorage.clear();
    sessionStorage.clear();
    for (const { name } of await indexedDB.databases()) {
      await new Promise((done, fail) => {
        const removing = indexedDB.deleteDatabase(name);
        removing.onsuccess = done;
        removing.onerror = fail;
      });
    }
  })()`);
  await page.setViewportSize(options.viewport ?? desk);
  wrong.length = 0;
};

/** Logs in with the client library instead of the page's form. @returns the entries that the library has stored */
const sessionOf = async ({ username, password }: Credentials): Promise<Record<string, string>> => {
  const kept: Record<string, string> = {};
  const client = createChatClient({
    baseUrl: `${httpUrl()}/api/v1`,
    storage: {
      get: (key) => kept[key] ?? null,
      set: (key, value) => void (kept[key] = value),
      remove: (key) => void delete kept[key],
    },
  });
  await client.logIn(username, password);
  return kept;
};

export interface DevicesOfTest {
  readonly t: TestContext;
  /** A device without a session. */
  readonly newDevice: (path?: string, options?: BrowserContextOptions) => Promise<Device>;
  /** A device with a logged-in user. */
  readonly deviceOf: (person: Credentials, path?: string, options?: BrowserContextOptions) => Promise<Device>;
}

export type TestOnDevices = (name: string, run: (given: DevicesOfTest) => Promise<void>) => void;

/** Service workers and their notifications require the whole browser. */
const buildFor = ({ serviceWorkers }: BrowserContextOptions): ChromiumBuild =>
  serviceWorkers === 'allow' ? 'whole' : 'headless';

/**
 * Browsers for the tests of a file or a suite, each opened when a device first needs it. Opening a device takes a
 * second of CPU, so later tests reuse the devices of earlier ones after a reset.
 *
 * @param webUrl returns the URL of the chat page
 * @returns a function that defines a test with devices of its own; the test is skipped when there is no browser
 */
export const useDevices = (webUrl: () => string): TestOnDevices => {
  const browsers = new Map<ChromiumBuild, Promise<Browser | undefined>>();
  const browserFor = (options: BrowserContextOptions): Promise<Browser | undefined> => {
    const build = buildFor(options);
    const browser = browsers.get(build) ?? openChromium(build);
    browsers.set(build, browser);
    return browser;
  };
  /** Devices that can be reused, by their options. */
  const unused = new Map<string, Device[]>();
  before(() => browserFor({}));
  after(() => Promise.all([...browsers.values()].map(async (browser) => (await browser)?.close())));

  return (name, run) => {
    test(name, async (t) => {
      if ((await browserFor({})) === undefined) {
        t.skip('no Chromium here, and it cannot be installed');
        return;
      }
      const used: { readonly device: Device; readonly options: BrowserContextOptions }[] = [];
      const open = async (options: BrowserContextOptions): Promise<Device> => {
        const browser = await browserFor(options);
        assert.ok(browser !== undefined, 'no whole Chromium here, and it cannot be installed');
        return createDevice(browser, options);
      };
      const take = async (options: BrowserContextOptions): Promise<Device> => {
        const device = unused.get(JSON.stringify(options))?.pop() ?? (await open(options));
        used.push({ device, options });
        return device;
      };
      await run({
        t,
        newDevice: async (path = '/', options = {}) => {
          const device = await take(options);
          await device.page.goto(webUrl() + path);
          return device;
        },
        deviceOf: async (person, path = '/', options = {}) => {
          const [device, session] = await Promise.all([take(options), sessionOf(person)]);
          const { page } = device;
          if (!page.url().endsWith(RESTING_PLACE)) await page.goto(webUrl() + RESTING_PLACE);
          await page.evaluate(
            `for (const [key, value] of Object.entries(${JSON.stringify(session)})) localStorage.setItem(key, value)`,
          );
          await page.goto(webUrl() + path);
          await online(device);
          return device;
        },
      });
      // Devices of a failed test stay as they are until the browser is closed.
      await Promise.all(
        used.map(async ({ device, options }) => {
          if (device.isSpent) return device.context.close();
          await tidy(device, webUrl(), options);
          const key = JSON.stringify(options);
          unused.set(key, [...(unused.get(key) ?? []), device]);
        }),
      );
    });
  };
};

/** Waits until the page is online. */
export const online = ({ page }: Pick<Device, 'page'>): Promise<void> =>
  page.locator('[data-connection=online]').waitFor();

/** Sends a text in the open chat. */
export const write = async ({ page }: Device, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByLabel('Message', { exact: true }).press('Enter');
};

/** The message with this text in the open chat. */
export const messageSaying = ({ page }: Device, text: string) =>
  page.locator('.message').filter({ hasText: text });

/**
 * Waits until the service has accepted a message that was written on the device. Do not wait for 'sent' alone: another
 * page that has the chat open reads the message at once, since every page of the browser has the focus, so 'sent' may
 * be visible for only a few frames. 'not sent' does not match.
 */
export const stored = (device: Device, text: string): Promise<void> =>
  messageSaying(device, text)
    .locator('.state')
    .getByText(/^(sent|read)$/)
    .waitFor();

/** Drops files onto the page or pastes them, into the composer if there is one. */
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
      (document.querySelector('.composer textarea') ?? document.body).dispatchEvent(
        '${how}' === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: data })
          : new ClipboardEvent('paste', { ...options, clipboardData: data }),
      );
    })()`,
  );
};

/** The texts of the messages, in the order of the page. */
export const textsOn = ({ page }: Device): Promise<string[]> =>
  page.locator('.message .text').allTextContents();

/** @throws AssertionError listing the faults of the page */
export const assertNothingWrong = (...devices: readonly Device[]): void => {
  for (const { wrong } of devices) assert.deepEqual(wrong, []);
};

const readAxe = (): string =>
  readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const violationsOn = async (page: Page, options: object = {}): Promise<string[]> =>
  (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })}).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html.slice(0, 120) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`,
  )) as string[];

/** @throws AssertionError with axe's findings on the page in its current state */
export const assertAccessible = async ({ page }: Pick<Device, 'page'>, state: string): Promise<void> => {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(`${readAxe()};0`);
  assert.deepEqual(await violationsOn(page), [], state);
};

/** Waits until colours have their final values: they change by transitions, and inherited colours follow later. */
const transitionsEnd = (page: Page): Promise<unknown> =>
  page.evaluate(`(async () => {
    for (;;) {
      await new Promise(requestAnimationFrame);
      const running = document.getAnimations().filter((one) => one instanceof CSSTransition);
      if (running.length === 0) return;
      await Promise.allSettled(running.map(({ finished }) => finished));
    }
  })()`);

/** axe's rules about colours: only these can differ between the colour schemes. */
const COLOUR_RULES = { runOnly: ['color-contrast', 'link-in-text-block'] };

/** @throws AssertionError with axe's findings on the page in its current state, in the light and the dark scheme */
export const assertAccessibleInBoth = async (
  { page }: Pick<Device, 'page'>,
  state: string,
): Promise<void> => {
  await assertAccessible({ page }, `${state}, in the light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await transitionsEnd(page);
  assert.deepEqual(await violationsOn(page, COLOUR_RULES), [], `${state}, in the dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await transitionsEnd(page);
};

/**
 * Waits until the page's offline snapshot contains all of these texts.
 *
 * @param isThere false: waits until the snapshot contains none of them
 */
export const kept = async (
  { page }: Pick<Device, 'page'>,
  texts: readonly string[],
  isThere = true,
): Promise<void> => {
  await page.evaluate(`new Promise((resolve) => {
    const look = async () => {
      // To open what the page has not made yet would make it.
      if (!(await indexedDB.databases()).some(({ name }) => name === 'chat')) {
        return void (${isThere} ? requestAnimationFrame(look) : resolve());
      }
      const opening = indexedDB.open('chat');
      // The page has just removed it: what looks must not be what makes it.
      opening.onupgradeneeded = () => opening.transaction.abort();
      opening.onerror = () => requestAnimationFrame(look);
      opening.onsuccess = () => {
        const reading = opening.result.transaction('snapshots').objectStore('snapshots').get('last');
        reading.onsuccess = () => {
          opening.result.close();
          const text = JSON.stringify(reading.result ?? null);
          if (${JSON.stringify(texts)}.every((one) => text.includes(one) === ${isThere})) resolve();
          else requestAnimationFrame(look);
        };
      };
    };
    look();
  })`);
};

/** Switches a device's network off and on. Takes effect when the page is loaded the next time. */
export const cutOff = async (device: Device): Promise<{ cut(): Promise<void>; restore(): Promise<void> }> => {
  const { context, page } = device;
  device.isSpent = true;
  let isCut = false;
  const open = new Set<{ close(options?: { code?: number }): Promise<void> }>();
  // Open sockets ignore the browser's emulated offline state, so they are routed through this handler.
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
