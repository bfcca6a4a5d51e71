import { verify, type KeyObject } from 'node:crypto';

/** A public key by CloudFront's id. */
export type KeysById = ReadonlyMap<string, KeyObject>;

/** The parameters of the query that are CloudFront's own. */
const OWN = new Set(['Expires', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm', 'Policy']);

/** Undoes CloudFront's base64 for URLs. */
const bytesOf = (text: string): Buffer =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

/**
 * Checks a URL that was signed by a canned policy.
 *
 * @param url as it was asked for, with the distribution's own host
 * @param keys those of the key groups that the path's behaviour trusts
 * @returns why CloudFront answers 403, as the code in its XML, or undefined when the URL is good
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
  // CloudFront tells a wrong signature and one that ran out apart by nothing.
  if (!verify(hash, Buffer.from(policy), key, bytesOf(of('Signature')))) return 'AccessDenied';
  return Number(expires) * 1000 <= now.getTime() ? 'AccessDenied' : undefined;
};
