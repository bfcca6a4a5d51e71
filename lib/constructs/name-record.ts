import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/**
 * Adds an output with a DNS record that no stack creates, for a person to create it. A stack has at most one custom
 * domain, so the output is `NameRecord` in all of them (lib/docs/deploying.md).
 */
export const addNameRecordOutput = (scope: Construct, name: string, target: string): void => {
  new CfnOutput(Stack.of(scope), 'NameRecord', {
    description: 'A record to be written in DNS',
    value: `${name} CNAME ${target}`,
  });
};
