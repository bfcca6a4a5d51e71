import { createECDH, generateKeyPairSync } from 'node:crypto';

/** The name in Secrets Manager of a generation's push keys, which `npm run push-keys` creates. See `endsLikeArn`. */
export const pushKeySecretName = (stage: string, generation: number): string =>
  `chat-service/${stage}/keys/push/${generation}`;

/** A key pair that identifies this service to push services, in the format of the secret. */
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
