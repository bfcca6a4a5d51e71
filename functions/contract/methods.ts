import { addressPattern, hasOneAddress, httpRoutes } from './table.ts';

const routes = httpRoutes.map((route) => ({
  method: route.method,
  pattern: addressPattern(route),
  hasOneAddress: hasOneAddress(route),
}));

/**
 * The methods that a path supports; empty when there is no such path. A route with exactly this path takes precedence
 * over a pattern.
 */
export const methodsAt = (path: string): string[] => {
  const found = routes.filter(({ pattern }) => pattern.test(path));
  const exact = found.filter(({ hasOneAddress }) => hasOneAddress);
  return [...new Set((exact.length > 0 ? exact : found).map(({ method }) => method))];
};
