/**
 * Replaces `@aws-sdk/credential-providers` in the bundles of functions. mongodb refuses IAM authentication without
 * this package, even when it is given a credential provider, although it then uses only that one.
 */
export const fromNodeProviderChain = undefined;
