/**
 * Stands in for `@aws-sdk/credential-providers` in the bundles of functions. mongodb refuses IAM without the package,
 * even when it is told whom to ask for credentials; told so, it asks nobody else.
 */
export const fromNodeProviderChain = undefined;
