import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsOf, type Need, type Route } from '../../functions/routes/route.ts';
import { allRoutes } from '../../functions/routes/table.ts';
import { bundleFunctions } from '../constructs/function-bundles.ts';

/** What a function's bundle has to carry. */
export type BundleClass = 'MySQL and MongoDB' | 'MySQL' | 'DynamoDB' | 'no store';

/** By its needs alone. */
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

/** Bundles all functions into a folder of its own, which `remove` takes away again. */
export const bundleAll = (region = 'eu-central-1'): { bundles: Bundle[]; remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-bundles-'));
  const { directoryOf } = bundleFunctions(allRoutes, folder, region);
  const bundles = allRoutes.map((route) => {
    const file = join(directoryOf(route), 'index.mjs');
    return { route, kind: classOf(needsOf(route)), file, bytes: statSync(file).size };
  });
  return { bundles, remove: () => rmSync(folder, { recursive: true, force: true }) };
};
