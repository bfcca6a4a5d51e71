import { CfnElement, Stack, Token, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Acknowledges findings of cdk-nag for a construct and all of its children, with the reasons. Every reason concerns
 * this one construct, and stands next to its definition.
 *
 * @param reasons by the rule's name, or by `rule[finding]` when a rule has several findings
 */
export const acknowledgeFindings = (
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void => {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
};

/** cdk-nag's name for the finding that an AWS managed policy is used. */
export const managedPolicyFinding = (name: string): string =>
  `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${name}]`;

/** cdk-nag's name for the finding that a permission uses a wildcard in its resource. */
export const wildcardFinding = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`;

/** The logical id of a construct in the form in which cdk-nag writes it. */
export const logicalId = (construct: IConstruct): string => {
  const { defaultChild } = construct.node;
  if (!(defaultChild instanceof CfnElement)) throw new Error(`${construct.node.path} is no resource`);
  return Stack.of(construct).getLogicalId(defaultChild);
};

/** The account of a stack in the form in which cdk-nag writes it. */
export const accountOf = ({ account }: Stack): string =>
  Token.isUnresolved(account) ? '<AWS::AccountId>' : account;
