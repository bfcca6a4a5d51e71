import { allRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { bundleFunctions, type FunctionBundles } from './function-bundles.ts';
import { LAMBDA, THIS_MACHINE } from './native-packages.ts';
import { bundleWebPage } from './web-bundle.ts';

/** The bundles that a stage deploys. */
export interface StageBundles {
  readonly functions: FunctionBundles;
  /** The folder of the chat page. */
  readonly page: string;
}

/** Bundles the functions and the chat page of a stage concurrently. Does not load CDK, which is slow to load. */
export const bundleStage = async ({ stage, region }: StageConfig): Promise<StageBundles> => {
  const [functions, page] = await Promise.all([
    bundleFunctions(allRoutes, region, stage === 'local' ? THIS_MACHINE : LAMBDA),
    bundleWebPage(),
  ]);
  return { functions, page };
};
