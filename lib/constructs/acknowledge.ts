import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says of a construct, and of all below it, why findings of cdk-nag are as they should be. Every reason is about this
 * one construct: it stands beside what it acknowledges, and test/infra/nag.test.ts finds those that nothing needs.
 *
 * @param reasons by the rule's name, or by `rule[finding]` where a rule finds several
 */
export const acknowledge = (construct: IConstruct, reasons: Readonly<Record<string, string>>): void => {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
};
