import { join } from 'node:path';
import { needsOf, type Need, type Route } from '../../functions/contract/route.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import { bundleFunctions } from '../constructs/function-bundles.ts';
import { THIS_MACHINE } from '../constructs/native-packages.ts';

/** The class of a function's bundle, by the drivers of the stores that it contains. */
export type BundleClass = 'MySQL and MongoDB' | 'MySQL' | 'DynamoDB' | 'no store';

/** The class that follows from a function's needs. */
export const classOf = (needs: ReadonlySet<Need>): BundleClass => {
  if (needs.has('mongodb')) return 'MySQL and MongoDB';
  if (needs.has('mysql')) return 'MySQL';
  return needs.size > 0 ? 'DynamoDB' : 'no store';
};

export interface Bundle {
  readonly route: Route;
  readonly kind: BundleClass;
  readonly file: string;
  readonly bytes: number;
}

/** Bundles all functions. */
export const bundleAll = async (): Promise<Bundle[]> => {
  const { directoryOf, bytesOf } = await bundleFunctions(allRoutes, 'eu-central-1', THIS_MACHINE);
  return allRoutes.map((route) => ({
    route,
    kind: classOf(needsOf(route)),
    file: join(directoryOf(route), 'index.mjs'),
    bytes: bytesOf(route),
  }));
};
