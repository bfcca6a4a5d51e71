/**
 * Stands in for `semver` in the bundles of functions: jsonwebtoken asks it whether Node is new enough for algorithms
 * that have been there since Node 16.
 */
export const satisfies = (): true => true;
