import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { withinCodeBudget } from '../rate-limits/within-code-budget.ts';
import { secretBox, type SecretBox } from './secret-box.ts';
import { createSecondFactorStore, type SecondFactorStore } from './stores/second-factors.ts';

export interface SecondFactorEffects {
  readonly factors: SecondFactorStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  /** Runs a check of a six-digit code within the account's budget of wrong codes. */
  readonly withinCodeBudget: <T>(userId: number, check: () => Promise<T>) => Promise<T>;
}

/** The live effects of second factors in this stage. */
export const liveSecondFactors: SecondFactorEffects = {
  factors: createSecondFactorStore(mysql),
  box: secretBox,
  clock: systemClock,
  withinCodeBudget: (userId, check) => withinCodeBudget(userId, check),
};
