import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The removal policy of a resource that holds data. With `retainData` the resource stays when its stack, or its
 * definition in the stack, is removed; but when its creation is rolled back it is deleted, so that a failed first
 * deployment leaves no orphan. If deletion protection stops that roll-back, deleting the stack afterwards keeps the
 * resource, and a person deletes it (lib/docs/deploying.md).
 */
export const dataRemovalPolicy = ({ retainData }: StageConfig): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
