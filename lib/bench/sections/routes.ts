import { SEQUENTIAL_READS_MAX, benchRoutes, type RouteCost } from '../routes.ts';
import type { Figure } from '../figures.ts';
import type { Section } from './section.ts';

const isRead = ({ method, name }: RouteCost): boolean => method === 'GET' || name.startsWith('sync');

/** The costs of each HTTP route. */
export const routes: Section = async ({ requests, log }) => {
  const report = await benchRoutes(requests, log);
  const figures = report.routes.flatMap((route): Figure[] => [
    {
      name: `routes: ${route.name}`,
      unit: 'ms',
      value: route.p50Ms,
      p95: route.p95Ms,
      p99: route.p99Ms,
    },
    {
      name: `routes: ${route.name}: in a row`,
      unit: 'trips',
      value: Math.max(route.sequential, route.sequentialInNewSession),
      ...(isRead(route) ? { target: { most: SEQUENTIAL_READS_MAX } } : {}),
    },
    {
      name: `routes: ${route.name}: in all`,
      unit: 'trips',
      value: route.roundTrips.mysql + route.roundTrips.mongodb + route.roundTrips.dynamodb,
    },
    { name: `routes: ${route.name}: from the stores`, unit: 'KB', value: route.storeBytes / 1024 },
    { name: `routes: ${route.name}: answer`, unit: 'KB', value: route.answerBytes / 1024 },
  ]);
  const { unmeasured } = report;
  return { figures, notes: unmeasured.length === 0 ? [] : [`Not measured: ${unmeasured.join(', ')}`] };
};
