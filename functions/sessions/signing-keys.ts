import { systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import { putSecret, readSecret } from '../platform/secrets.ts';

/** A secret that can be read and replaced. */
interface KeySecret {
  readonly read: () => Promise<string | undefined>;
  readonly put: (text: string) => Promise<void>;
}

/** Dependencies of the jobs that create and rotate signing keys. */
export interface SigningKeysEffects {
  readonly clock: Clock;
  /** The secret with the private keys. */
  readonly signing: KeySecret;
  /** The secret with the public keys. */
  readonly verification: KeySecret;
}

const secretBehind = (secretId: () => string): KeySecret => ({
  read: () => readSecret(secretId()),
  put: (text) => putSecret(secretId(), text),
});

/** The two secrets of this stage. */
export const liveSigningKeys: SigningKeysEffects = {
  clock: systemClock,
  signing: secretBehind(() => environmentOf('signing-keys-rotation').SIGNING_KEYS_SECRET_ARN),
  verification: secretBehind(() => environmentOf('signing-keys-rotation').VERIFICATION_KEYS_SECRET_ARN),
};
