import { createHmac, type KeyObject } from 'node:crypto';

const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

/** Invalid values for a part of a token. */
const brokenParts: Readonly<Record<string, string>> = {
  nothing: '',
  'no base64': '%%%',
  'no JSON': base64url('not json'),
  'cut-off JSON': base64url('{"alg":"ES256","ki'),
  'bytes that are no text': base64url(Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
  'JSON null': base64url('null'),
  'a JSON number': base64url('42'),
  'a JSON text': base64url('"text"'),
  'a JSON list': base64url('[{"kid":"x"}]'),
  'an empty object': base64url('{}'),
  'a deep list': base64url(`${'['.repeat(2000)}${']'.repeat(2000)}`),
  'a great deal': base64url('x'.repeat(4000)),
};

const oddNames: readonly unknown[] = [
  null,
  true,
  0,
  42,
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '\u0000',
  'x'.repeat(2000),
  [],
  ['key'],
  {},
  { toString: 'x' },
];

/** The characters of base64url. The last character of a signature has four bits that belong to no byte. */
const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/**
 * Broken variants of a valid token: with errors in each of its three parts, in their number, in the key's id, and in
 * the algorithm.
 *
 * @param publicKey the key that verifies the valid token: signing by HMAC with it is a known attack
 */
export const brokenTokens = (
  token: string,
  publicKey: KeyObject,
): readonly { readonly what: string; readonly token: string }[] => {
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
  const withHeader = (changes: object): string =>
    `${base64url(JSON.stringify({ ...read(header), ...changes }))}.${payload}`;
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const signedByHmac = (head: string, digest: string): string =>
    `${head}.${createHmac(digest, pem).update(head).digest('base64url')}`;

  return [
    ...['the header', 'the payload', 'the signature'].flatMap((name, index) =>
      Object.entries(brokenParts).map(([what, part]) => ({
        what: `${name} is ${what}`,
        token: parts.with(index, part).join('.'),
      })),
    ),
    ...oddNames.map((kid) => ({
      what: `its key is called ${JSON.stringify(kid)?.slice(0, 40)}`,
      token: `${withHeader({ kid })}.${signature}`,
    })),
    { what: 'its key has no name', token: `${withHeader({ kid: undefined })}.${signature}` },
    { what: 'it says alg none', token: `${withHeader({ alg: 'none' })}.` },
    { what: 'it says alg none and is signed', token: `${withHeader({ alg: 'none' })}.${signature}` },
    { what: 'it says HS256', token: `${withHeader({ alg: 'HS256' })}.${signature}` },
    { what: 'it is signed by the public key', token: signedByHmac(withHeader({ alg: 'HS256' }), 'sha256') },
    { what: 'it is signed by HS512', token: signedByHmac(withHeader({ alg: 'HS512' }), 'sha512') },
    { what: 'it has another algorithm of that kind', token: `${withHeader({ alg: 'ES384' })}.${signature}` },
    { what: 'its algorithm is a number', token: `${withHeader({ alg: 5 })}.${signature}` },
    {
      what: 'it brings its own key',
      token: `${withHeader({ jwk: publicKey.export({ format: 'jwk' }), kid: 'x' })}.${signature}`,
    },
    { what: 'its signature is another', token: `${header}.${payload}.${base64url(Buffer.alloc(64, 1))}` },
    ...alphabet
      .filter((last) => last !== token.at(-1))
      .map((last) => ({ what: `it ends in ${last}`, token: token.slice(0, -1) + last })),
    { what: 'its signature is too short', token: `${header}.${payload}.${signature.slice(0, 20)}` },
    { what: 'it has one part', token: header },
    { what: 'it has two parts', token: `${header}.${payload}` },
    { what: 'it has four parts', token: `${token}.${signature}` },
    { what: 'it is dots', token: '..' },
    { what: 'it is an object’s', token: '[object Object]'.replaceAll(' ', '') },
  ];
};
