import type { Stack } from 'aws-cdk-lib/core';

/**
 * Exports values of a stack whether or not another stack imports them. CDK exports only imported values: a release in
 * which the last importer stops would remove the export, which CloudFormation refuses as long as the importer's
 * stack, which is updated later, still has its old template.
 */
export const alwaysExport = (stack: Stack, values: readonly string[]): void => {
  for (const value of values) stack.exportValue(value);
};
