import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { findBinary } from '../../lib/local/stores/find-binary.ts';

const run = promisify(execFile);

/**
 * Which build of the browser: the whole one, or the one without a window, as automation uses it by default. That takes a
 * quarter less CPU time, and has neither notifications nor a reliable service worker.
 */
export type ChromiumBuild = 'whole' | 'headless';

const binaries: Readonly<Record<ChromiumBuild, readonly string[]>> = {
  whole: ['chromium', 'chromium-browser', 'google-chrome'],
  headless: ['chromium-headless-shell'],
};

/**
 * Features that are off. The switch replaces the one that Playwright gives, so its features are named here, too: most
 * of them would have the browser ask its maker's servers.
 */
const disabledFeatures = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  // A process that waits for another site, which no test goes to: a third of those that a new context starts.
  'SpareRendererForSitePerProcess',
  'ThirdPartyStoragePartitioning',
  // A process for each page, which loads the list below an address bar that no test sees: half of what a page costs.
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
];

/** How long an installation waits for another one on this machine, such as that of another test file. */
const LOCK_SECONDS = 300;

/** Installs Debian's Chromium in both builds, where that is possible. */
const install = async (): Promise<void> => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const environment = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const installPackages = () =>
    run(
      'apt-get',
      [
        'install',
        '-y',
        '--no-install-recommends',
        '-o',
        `DPkg::Lock::Timeout=${LOCK_SECONDS}`,
        'chromium',
        'chromium-headless-shell',
      ],
      environment,
    );
  try {
    await installPackages();
  } catch {
    // A fresh machine has no package lists, an old one has lists of packages that are gone.
    await run('apt-get', ['update'], environment);
    await installPackages();
  }
};

/**
 * Opens a headless Chromium, which is installed first when the machine has none; that takes up to a minute. Where there
 * is no build without a window, it is the whole one.
 *
 * @returns undefined where there is none and none can be installed
 */
export const openChromium = async (build: ChromiumBuild): Promise<Browser | undefined> => {
  if (findBinary(binaries[build]) === undefined) await install().catch(() => undefined);
  const executablePath = findBinary([...binaries[build], ...binaries.whole]);
  if (executablePath === undefined) return undefined;
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--disable-features=${disabledFeatures.join(',')}`,
    ],
  });
};
