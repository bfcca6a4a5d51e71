import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles of functions: Lambda puts a function's credentials
 * into its environment, and the other places where the SDK would look are none of a function's.
 */
export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
