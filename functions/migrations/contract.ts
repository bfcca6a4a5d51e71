import type { Feature } from '../contract/feature.ts';
import type { JobRoute } from '../contract/route.ts';

/** Migrates MySQL and MongoDB to the schema that the code expects. */
export const migrate: JobRoute = {
  transport: 'job',
  id: 'migrate',
  summary: 'Apply the schema of both stores',
  needs: ['mysql', 'mysql-owner', 'mongodb'],
  errors: [],
};

export const feature = { name: 'migrations', jobs: [migrate] } as const satisfies Feature;
