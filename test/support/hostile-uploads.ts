import { createHmac } from 'node:crypto';
import { createUploadForms, type Upload } from '../../functions/gateways/upload-form.ts';
import type { Bucket } from '../../functions/gateways/object-requests.ts';

/** A part of a form: a field or the file. */
export type Part = readonly [name: string, value: string | Uint8Array];

/** An upload, and the statuses with which S3 may respond. */
export interface UploadCase {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly expected: readonly number[];
}

/** The encoded body of a form. */
export const multipart = (
  parts: readonly Part[],
): { readonly contentType: string; readonly body: Buffer<ArrayBuffer> } => {
  const boundary = 'the-boundary-of-the-form';
  const pieces = parts.flatMap(([name, value]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="photo.jpg"\r\nContent-Type: text/html'}\r\n\r\n`,
    value,
    '\r\n',
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece))),
  };
};

/** Signs any policy, including ones that the service's code would never create. */
const signPolicy = (policy: string, secret: string, credential: string): string => {
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of credential.split('/').slice(1)) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(policy).digest('hex');
};

/**
 * Form uploads of one object, most of which S3 must refuse. The tests send them to the local S3; they can also be sent
 * to a real one.
 *
 * @param secret the secret key of the bucket's credentials
 */
export const uploadCases = async (
  bucket: Bucket,
  secret: string,
  { key, contentType, bytes }: Upload,
): Promise<UploadCase[]> => {
  const file = Buffer.alloc(bytes, 'x');
  const formAt = async (time: number, upload: Upload = { key, contentType, bytes }, of = bucket) =>
    (await createUploadForms(of, () => new Date(time))(upload)).fields;
  const now = Date.now();
  const fields = await formAt(now);
  const parts = (changed: Readonly<Record<string, string | undefined>> = {}): Part[] =>
    Object.entries({ ...fields, ...changed }).flatMap(([name, value]): Part[] =>
      value === undefined ? [] : [[name, value]],
    );
  const whole = (changed: Readonly<Record<string, string | undefined>> = {}): Part[] => [
    ...parts(changed),
    ['file', file],
  ];
  const policy = JSON.parse(Buffer.from(fields['policy'] ?? '', 'base64').toString()) as {
    expiration: string;
    conditions: unknown[];
  };
  const encode = (document: unknown): string =>
    Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');
  /** A form with any policy and a valid signature. */
  const signed = (document: unknown): Part[] => {
    const text = encode(document);
    return whole({
      policy: text,
      'x-amz-signature': signPolicy(text, secret, fields['x-amz-credential'] ?? ''),
    });
  };
  const strangers = await formAt(now, undefined, {
    ...bucket,
    credentials: async () => ({ accessKeyId: 'AKIASTRANGER', secretAccessKey: secret }),
  });

  return [
    { name: 'the form as it was given', parts: whole(), expected: [204] },
    {
      name: 'fields in capitals',
      parts: [...parts().map(([name, value]): Part => [name.toUpperCase(), value]), ['file', file]],
      expected: [204],
    },
    { name: 'a field that says it is to be ignored', parts: whole({ 'x-ignore-me': '1' }), expected: [204] },
    { name: 'a field behind the file', parts: [...whole(), ['submit', 'Upload']], expected: [204] },
    { name: 'one byte more', parts: [...parts(), ['file', Buffer.alloc(bytes + 1)]], expected: [400] },
    { name: 'one byte less', parts: [...parts(), ['file', Buffer.alloc(bytes - 1)]], expected: [400] },
    { name: 'an empty file', parts: [...parts(), ['file', Buffer.alloc(0)]], expected: [400] },
    { name: 'another key', parts: whole({ key: `${key}0` }), expected: [403] },
    { name: 'a key under another prefix', parts: whole({ key: key.replace('u/', 'f/') }), expected: [403] },
    { name: 'another type', parts: whole({ 'Content-Type': 'text/html' }), expected: [403] },
    { name: 'no type', parts: whole({ 'Content-Type': undefined }), expected: [403] },
    { name: 'a field that the policy does not name', parts: whole({ acl: 'public-read' }), expected: [403] },
    {
      name: 'another disposition',
      parts: whole({ 'Content-Disposition': 'inline' }),
      expected: [403],
    },
    {
      name: 'a form that has run out',
      parts: [...Object.entries(await formAt(now - 16 * 60_000)), ['file', file]],
      expected: [403],
    },
    {
      name: 'a policy for longer, without a signature of its own',
      parts: whole({ policy: encode({ ...policy, expiration: '2099-01-01T00:00:00.000Z' }) }),
      expected: [403],
    },
    {
      name: 'another signature',
      parts: whole({
        'x-amz-signature': (fields['x-amz-signature'] ?? '').replace(/^./, (c) => (c === '0' ? '1' : '0')),
      }),
      expected: [403],
    },
    { name: 'no signature', parts: whole({ 'x-amz-signature': undefined }), expected: [400, 403] },
    { name: 'an empty signature', parts: whole({ 'x-amz-signature': '' }), expected: [400, 403] },
    { name: 'no policy', parts: whole({ policy: undefined }), expected: [400, 403] },
    {
      name: 'no policy and no signature',
      parts: whole({ policy: undefined, 'x-amz-signature': undefined }),
      expected: [403],
    },
    {
      name: 'a stranger’s access key',
      parts: [...Object.entries(strangers), ['file', file]],
      expected: [403],
    },
    {
      name: 'a form of another day’s key',
      parts: whole({
        'x-amz-credential': (fields['x-amz-credential'] ?? '').replace(/\/\d{8}\//, '/20200101/'),
      }),
      expected: [400, 403],
    },
    {
      name: 'a form of another bucket',
      parts: [
        ...Object.entries(await formAt(now, undefined, { ...bucket, name: 'another-bucket' })),
        ['file', file],
      ],
      expected: [403],
    },
    { name: 'the file ahead of all fields', parts: [['file', file], ...parts()], expected: [400, 403] },
    { name: 'two files', parts: [...whole(), ['file', file]], expected: [400] },
    { name: 'no file', parts: parts(), expected: [400] },
    { name: 'no key', parts: whole({ key: undefined }), expected: [400, 403] },
    {
      name: 'two keys',
      parts: [...parts(), ['key', key.replace('u/', 'f/')], ['file', file]],
      expected: [400, 403],
    },
    { name: '21 KB of fields', parts: whole({ 'x-ignore-me': 'x'.repeat(21 * 1024) }), expected: [400] },
    { name: 'a policy that is no JSON', parts: signed('{'), expected: [400] },
    { name: 'a policy without an end', parts: signed({ conditions: policy.conditions }), expected: [400] },
    {
      name: 'a policy without conditions',
      parts: signed({ expiration: policy.expiration }),
      expected: [400],
    },
    {
      name: 'a condition that there is not',
      parts: signed({ ...policy, conditions: [...policy.conditions, ['ends-with', '$key', 'x']] }),
      expected: [400],
    },
    {
      name: 'a beginning that the key does not have',
      parts: signed({ ...policy, conditions: [...policy.conditions, ['starts-with', '$key', 'f/']] }),
      expected: [403],
    },
    {
      name: 'a beginning that the key has',
      parts: signed({ ...policy, conditions: [...policy.conditions, ['starts-with', '$key', 'u/']] }),
      expected: [204],
    },
  ];
};
