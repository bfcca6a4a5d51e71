import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { environmentOf } from '../platform/environment.ts';
import { readOnce } from '../platform/read-once.ts';
import { readSecret } from '../platform/secrets.ts';

/**
 * Encrypts the secrets of second factors for the store: an attacker who reads MySQL or one of its backups, and has
 * cracked a password, still cannot generate codes. A sealed text is bound to its user: copied to another user's row,
 * it cannot be opened.
 */
export interface SecretBox {
  seal(secret: Uint8Array, userId: number): Promise<string>;
  /** @throws Error when the text was not sealed for this user with this key */
  open(sealed: string, userId: number): Promise<Buffer>;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** The version of cipher and key in a sealed text, so that others can be introduced later. */
const VERSION = '1';

/** @param readKey reads the text from which the key is derived; called once, and again only after a failure */
export const createSecretBox = (readKey: () => Promise<string>): SecretBox => {
  const key = readOnce(async () =>
    createHash('sha256')
      .update(await readKey())
      .digest(),
  );
  const owner = (userId: number): Buffer => Buffer.from(`second-factor:${userId}`);
  return {
    seal: async (secret, userId) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, await key(), iv).setAAD(owner(userId));
      const sealed = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${sealed.toString('base64url')}`;
    },
    open: async (text, userId) => {
      const [version, body = ''] = text.split('.', 2);
      if (version !== VERSION) throw new Error('A second factor is sealed in an unknown way');
      const sealed = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv(CIPHER, await key(), sealed.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(owner(userId))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    },
  };
};

/** The secret box with the key of this stage. */
export const secretBox: SecretBox = createSecretBox(async () => {
  const text = await readSecret(environmentOf('totp-key').TOTP_KEY_SECRET_ARN);
  if (text === undefined || text === '') throw new Error('The secret of the key of second factors is empty');
  return text;
});
