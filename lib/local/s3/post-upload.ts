import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { ObjectHeaders, ObjectStore, Received } from './object-store.ts';
import type { AllowedUpload } from './post-policy.ts';
import { S3Error } from './s3-error.ts';

/** S3's limit of a form without its file, in bytes. */
const FORM_BYTES_MAX = 20 * 1024;

/** The S3 form fields that the local S3 supports; it rejects others rather than ignoring them. */
const knownField = (name: string): boolean =>
  ['key', 'policy', 'content-type', 'content-disposition', 'cache-control', 'bucket'].includes(name) ||
  /^x-amz-(?:algorithm|credential|date|security-token|signature)$/.test(name) ||
  name.startsWith('x-ignore-');

const malformed = (): S3Error =>
  new S3Error(
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );
const notOneFile = (): S3Error =>
  new S3Error('InvalidArgument', 'POST requires exactly one file upload per request.');

const headersOf = (fields: ReadonlyMap<string, string>): ObjectHeaders =>
  Object.fromEntries(
    (['content-type', 'content-disposition', 'cache-control'] as const).flatMap((name) => {
      const value = fields.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/**
 * Receives an upload by a form (`multipart/form-data`): the fields first, which are checked before a byte of the file
 * is written, then the file as it arrives. Fields after the file are ignored, as in S3.
 *
 * @param check returns what the fields allow, by their names in lower case, or throws S3Error
 * @returns the object
 * @throws S3Error, or the disk's error, with nothing of the upload left; the rest of the request is then not read
 */
export const receivePost = async (
  request: IncomingMessage,
  store: ObjectStore,
  check: (fields: ReadonlyMap<string, string>) => AllowedUpload,
): Promise<Awaited<ReturnType<Received['keep']>>> => {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data;/i.test(contentType)) {
    throw new S3Error('PreconditionFailed', 'Bucket POST must be of the enclosure-type multipart/form-data');
  }
  const fields = new Map<string, string>();
  let formBytes = 0;
  let receiving: Promise<{ readonly allowed: AllowedUpload; readonly received: Received }> | undefined;
  let arriving: Readable | undefined;
  const done = Promise.withResolvers<undefined>();
  const fail = (error: unknown): void => done.reject(error);

  const parser = ((): BusboyInstance => {
    try {
      return new Busboy({
        headers: { ...request.headers, 'content-type': contentType },
        isPartAFile: (name) => name === 'file',
        limits: {
          fieldSize: FORM_BYTES_MAX,
          fieldNameSize: 1024,
          headerSize: FORM_BYTES_MAX,
          headerPairs: 20,
        },
      });
    } catch {
      throw malformed();
    }
  })();
  parser.on('field', (name, value, nameTruncated, valueTruncated) => {
    if (receiving !== undefined) return;
    formBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (formBytes > FORM_BYTES_MAX || nameTruncated || valueTruncated) {
      fail(
        new S3Error(
          'MaxPostPreDataLengthExceeded',
          'Your POST request fields preceding the upload file were too large.',
        ),
      );
      return;
    }
    const field = name.toLowerCase();
    if (fields.has(field)) fail(new S3Error('InvalidArgument', `The field '${field}' is there twice.`));
    fields.set(field, value);
  });
  parser.on('file', (_, file) => {
    if (receiving !== undefined) {
      file.resume();
      fail(notOneFile());
      return;
    }
    const receive = async () => {
      const allowed = check(fields);
      const unknown = [...fields.keys()].find((name) => !knownField(name));
      if (unknown !== undefined) {
        throw new S3Error('NotImplemented', `The local S3 does not know the field '${unknown}'.`);
      }
      return { allowed, received: await store.receive(file, allowed.most) };
    };
    arriving = file;
    receiving = receive();
    receiving.catch(fail);
  });
  parser.on('finish', () => done.resolve(undefined));
  parser.on('error', () => fail(malformed()));
  request.on('close', () => {
    if (!request.complete) fail(malformed());
  });
  request.pipe(parser);

  try {
    await done.promise;
    if (receiving === undefined) throw notOneFile();
    const { allowed, received } = await receiving;
    if (received.bytes < allowed.least) {
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    return await received.keep(allowed.key, headersOf(fields));
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    // Ends the writing of the bytes received so far, which also removes them.
    arriving?.destroy();
    await receiving?.then(
      ({ received }) => received.discard(),
      () => undefined,
    );
    throw error;
  }
};
