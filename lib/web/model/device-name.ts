/**
 * Applications by their token in the `User-Agent`, the most specific first: most applications also contain the tokens
 * of others that they are compatible with.
 */
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
 * A human-readable name for the device of a session, such as "Firefox on Linux". An application that is no browser is
 * shown by its own name.
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
