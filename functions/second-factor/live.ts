import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { secretBox, type SecretBox } from './secret-box.ts';
import { createSecondFactorStore, type SecondFactorStore } from './stores/second-factors.ts';

export interface SecondFactorEffects {
  readonly factors: SecondFactorStore;
  readonly box: SecretBox;
  readonly clock: Clock;
}

/** The second factors of this stage. */
export const liveSecondFactors: SecondFactorEffects = {
  factors: createSecondFactorStore(mysql),
  box: secretBox,
  clock: systemClock,
};
