import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { findBinary } from '../../lib/local/stores/find-binary.ts';

const run = promisify(execFile);

const find = (): string | undefined => findBinary(['chromium', 'chromium-browser', 'google-chrome']);

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

/** Installs Debian's Chromium, where that is possible. */
const install = async (): Promise<void> => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const environment = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const installPackage = () =>
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], environment);
  try {
    await installPackage();
  } catch {
    // A fresh machine has no package lists, an old one has lists of packages that are gone.
    await run('apt-get', ['update'], environment);
    await installPackage();
  }
};

/**
 * Opens a headless Chromium, which is installed first when the machine has none; that takes up to a minute.
 *
 * @returns undefined where there is none and none can be installed
 */
export const openChromium = async (): Promise<Browser | undefined> => {
  if (find() === undefined) await install().catch(() => undefined);
  const executablePath = find();
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
