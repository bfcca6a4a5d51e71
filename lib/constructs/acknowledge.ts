import { CfnElement, Stack, Token, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Says of a construct, and of all below it, why findings of cdk-nag are as they should be. Every reason is about this
 * one construct, and stands beside what it acknowledges.
 *
 * @param reasons by the rule's name, or by `rule[finding]` where a rule finds several
 */
export const acknowledge = (construct: IConstruct, reasons: Readonly<Record<string, string>>): void => {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
};

/** cdk-nag's name for the use of one of AWS's own policies. */
export const managedPolicy = (name: string): string =>
  `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${name}]`;

/** cdk-nag's name for leave to do something with resources that are not all named. */
export const anyResource = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`;

/** As cdk-nag writes a resource of the templates. */
export const logicalId = (construct: IConstruct): string => {
  const { defaultChild } = construct.node;
  if (!(defaultChild instanceof CfnElement)) throw new Error(`${construct.node.path} is no resource`);
  return Stack.of(construct).getLogicalId(defaultChild);
};

/** As cdk-nag writes the account of a stack. */
export const accountOf = ({ account }: Stack): string =>
  Token.isUnresolved(account) ? '<AWS::AccountId>' : account;
