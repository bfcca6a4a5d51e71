import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/**
 * Says in an output which record of DNS a person writes, since no stack writes it. Each stack has at most one name of its
 * own, so the output is `NameRecord` in all of them (lib/docs/deploying.md).
 */
export const nameRecord = (scope: Construct, name: string, target: string): void => {
  new CfnOutput(Stack.of(scope), 'NameRecord', {
    description: 'A record to be written in DNS',
    value: `${name} CNAME ${target}`,
  });
};
