import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deviceName } from '../../../lib/web/model/device-name.ts';

const webKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0';

/** `User-Agent` headers of applications, and the names for their devices. */
const examples: Readonly<Record<string, string>> = {
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0': 'Firefox on Linux',
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`]: 'Chrome on Windows',
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/142.0.0.0`]: 'Edge on Windows',
  [`Mozilla/5.0 (Linux; Android 16; Pixel 9) ${chrome} Mobile Safari/537.36`]: 'Chrome on Android',
  [`Mozilla/5.0 (Linux; Android 16; SM-S921B) ${webKit} SamsungBrowser/28.0 ${chrome} Safari/537.36`]:
    'Samsung Internet on Android',
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${webKit} Version/18.6 Mobile/15E148 Safari/604.1`]:
    'Safari on iPhone',
  [`Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) ${webKit} CriOS/142.0 Mobile/15E148 Safari/604.1`]:
    'Chrome on iPad',
  [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/26.0 Safari/605.1.15`]: 'Safari on Mac',
  'curl/8.14.1': 'curl/8.14.1',
};

suite('the name of a device', () => {
  test('is that of the browser and of the system', () => {
    for (const [userAgent, name] of Object.entries(examples)) assert.equal(deviceName(userAgent), name);
  });

  test('is the beginning of what anything else calls itself', () => {
    assert.equal(deviceName(null), 'An unknown application');
    assert.equal(deviceName('🤖'.repeat(256)), '🤖'.repeat(60));
  });
});
