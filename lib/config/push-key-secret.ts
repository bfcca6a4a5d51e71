import { createECDH, generateKeyPairSync } from 'node:crypto';

/** Secrets Manager's name of a generation's keys for pushing; `npm run push-keys` puts it there. See `endsLikeArn`. */
export const pushKeySecretName = (stage: string, generation: number): string =>
  `chat-service/${stage}/keys/push/${generation}`;

/** A pair of keys that proves to push services who sends, as the secret holds it. */
export const newVapidKeys = (): { readonly public_key: string; readonly private_key: string } => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(d, 'base64url');
  return {
    public_key: ecdh.getPublicKey('base64url'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
