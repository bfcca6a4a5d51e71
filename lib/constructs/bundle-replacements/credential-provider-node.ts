import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles of functions: Lambda puts a function's credentials into
 * its environment, and the SDK's other credential sources do not exist there.
 */
export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
