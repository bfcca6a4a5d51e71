import type { ObjectKey } from '../contract/object-prefixes.ts';
import { amzTime } from '../platform/amz-time.ts';
import type { Clock } from '../platform/clock.ts';
import { bucketSigner, bucketUrl, type Bucket } from './object-requests.ts';

/** What a form permits: uploading one object, any number of times until the form expires. */
export interface Upload {
  readonly key: ObjectKey;
  readonly contentType: string;
  /** The exact size. */
  readonly bytes: number;
}

/** The fields that a client posts as `multipart/form-data`: all of these, then the `file`. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

const UPLOAD_FORM_SECONDS = 15 * 60;

/**
 * Creates forms by which a client without credentials uploads one object into the bucket: only under this key, of
 * this type and of this size. S3 checks every field against the policy, and the policy against the signature.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export const createUploadForms = (
  bucket: Bucket,
  clock: Clock,
): ((upload: Upload) => Promise<UploadForm>) => {
  const signer = bucketSigner(bucket);

  return async ({ key, contentType, bytes }) => {
    const { accessKeyId, sessionToken } = await bucket.credentials();
    const now = clock();
    const expiresAt = new Date(now.getTime() + UPLOAD_FORM_SECONDS * 1000);
    const date = amzTime(now);
    const fields = {
      key,
      'Content-Type': contentType,
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': `${accessKeyId}/${date.slice(0, 8)}/${bucket.region}/s3/aws4_request`,
      'x-amz-date': date,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const policy = Buffer.from(
      JSON.stringify({
        expiration: expiresAt.toISOString(),
        conditions: [
          { bucket: bucket.name },
          ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
          ['content-length-range', bytes, bytes],
        ],
      }),
    ).toString('base64');
    const signature = await signer.sign(policy, { signingDate: now });
    return { url: bucketUrl(bucket), fields: { ...fields, policy, 'x-amz-signature': signature }, expiresAt };
  };
};
