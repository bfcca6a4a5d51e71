import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The removal policy of a resource that holds data. With `retainData` the resource stays when its stack, or its
 * definition in the stack, is removed; but when its creation fails it is deleted, so that a failed first deployment
 * leaves no orphan whose name conflicts with the next one.
 */
export const dataRemovalPolicy = ({ retainData }: StageConfig): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
