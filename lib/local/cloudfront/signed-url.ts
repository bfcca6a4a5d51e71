import { verify, type KeyObject } from 'node:crypto';

/** Public keys by CloudFront's key id. */
export type KeysById = ReadonlyMap<string, KeyObject>;

/** CloudFront's own query parameters. */
const OWN = new Set(['Expires', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm', 'Policy']);

/** Decodes CloudFront's URL-safe base64. */
const bytesOf = (text: string): Buffer =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

/**
 * Verifies a URL that was signed with a canned policy.
 *
 * @param url the requested URL, with the distribution's own host
 * @param keys the keys of the key groups that the path's behaviour trusts
 * @returns the code in the XML of CloudFront's 403, or undefined when the URL is valid
 */
export const refusalOfUrl = (url: URL, keys: KeysById, now: Date): string | undefined => {
  const { searchParams } = url;
  const of = (name: string): string => {
    const values = searchParams.getAll(name);
    return values.length === 1 ? (values[0] ?? '') : '';
  };
  if (!searchParams.has('Key-Pair-Id')) return 'MissingKey';
  const key = keys.get(of('Key-Pair-Id'));
  if (key === undefined) return 'InvalidKey';
  const expires = of('Expires');
  if (searchParams.has('Policy') || !/^\d{1,12}$/.test(expires)) return 'MalformedPolicy';

  const others = [...searchParams].filter(([name]) => !OWN.has(name));
  const query = others.length === 0 ? '' : `?${new URLSearchParams(others).toString()}`;
  const resource = url.origin + url.pathname + query;
  const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  const hash = of('Hash-Algorithm') === 'SHA256' ? 'sha256' : 'sha1';
  // CloudFront has the same error for a wrong signature and an expired one.
  if (!verify(hash, Buffer.from(policy), key, bytesOf(of('Signature')))) return 'AccessDenied';
  return Number(expires) * 1000 <= now.getTime() ? 'AccessDenied' : undefined;
};
