/**
 * Replaces `semver` in the bundles of functions: jsonwebtoken uses it to check whether Node supports algorithms that
 * exist since Node 16.
 */
export const satisfies = (): true => true;
