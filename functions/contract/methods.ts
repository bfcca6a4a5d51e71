import { httpRoutes } from './table.ts';

const patterns = httpRoutes.map(({ method, path, collection }) => ({
  method,
  pattern: new RegExp(
    `^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}${collection === true ? '/?' : ''}$`,
  ),
}));

/** The methods that a path answers to; none when there is no such path. */
export const methodsAt = (path: string): string[] => [
  ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
];
