/** What is in a `User-Agent`, the most particular first: most applications also name those that they are like. */
const applications = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/[\d.]+.* Safari\//, 'Safari'],
] as const;

const systems = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
] as const;

type Names = readonly (readonly [pattern: RegExp, name: string])[];
const nameIn = (userAgent: string, names: Names): string | undefined =>
  names.find(([pattern]) => pattern.test(userAgent))?.[1];

const SHOWN_CHARACTERS = 60;

/**
 * What a person calls the device of a session, such as "Firefox on Linux". Of what is no browser, what it calls itself.
 *
 * @param userAgent anything that a client sent
 */
export const deviceName = (userAgent: string | null): string => {
  if (userAgent === null) return 'An unknown application';
  const application = nameIn(userAgent, applications);
  const system = nameIn(userAgent, systems);
  if (application !== undefined) return system === undefined ? application : `${application} on ${system}`;
  return Array.from(userAgent).slice(0, SHOWN_CHARACTERS).join('');
};
