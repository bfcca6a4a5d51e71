import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { findBinary } from '../../lib/local/stores/find-binary.ts';

const run = promisify(execFile);

/**
 * The build of the browser: the whole one, or the headless shell, which automation uses by default. The headless shell
 * takes a quarter less CPU time, but supports neither notifications nor reliable service workers.
 */
export type ChromiumBuild = 'whole' | 'headless';

const binaries: Readonly<Record<ChromiumBuild, readonly string[]>> = {
  whole: ['chromium', 'chromium-browser', 'google-chrome'],
  headless: ['chromium-headless-shell'],
};

/**
 * Features to disable. This switch replaces Playwright's own one, so its features are listed here, too; most of them
 * would send requests to the browser's vendor.
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
  // A spare process for navigation to another site, which tests never do: a third of the processes that a new context
  // starts.
  'SpareRendererForSitePerProcess',
  'ThirdPartyStoragePartitioning',
  // A process per page for the suggestions below an address bar that does not exist here: half of the costs of a page.
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
];

/** How long an installation waits for another one on this machine, for example by another test file, in seconds. */
const LOCK_SECONDS = 300;

/** Installs both builds of Debian's Chromium, when possible. */
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
    // A fresh machine has no package lists, and the lists of an old one may name packages that no longer exist.
    await run('apt-get', ['update'], environment);
    await installPackages();
  }
};

/**
 * Opens a headless Chromium. Installs it first if necessary, which takes up to a minute. Without a headless shell, the
 * whole build is used.
 *
 * @returns undefined when there is no Chromium and none can be installed
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
