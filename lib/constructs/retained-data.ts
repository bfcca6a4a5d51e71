import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * What becomes of a resource that holds data when its stack, or its place in the stack, goes. Where `retainData` is on it
 * stays; but the roll-back of a creation that fails takes it along, so that a first deployment that failed leaves no orphan.
 * A roll-back that deletion protection stops does not come to that, and deleting the stack afterwards keeps the resource: a
 * person removes it (lib/docs/deploying.md).
 */
export const dataRemovalPolicy = ({ retainData }: StageConfig): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
