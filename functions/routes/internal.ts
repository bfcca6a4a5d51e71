import type { AuthorizerRoute, JobRoute } from './route.ts';
import { anybodysAreUnpaced, defineHttpRoute } from './route.ts';
import { ErrorBody } from './schemas.ts';

/** API Gateway asks it before it opens a WebSocket. */
export const authorizeConnection: AuthorizerRoute = {
  transport: 'authorizer',
  id: 'authorize-connection',
  summary: 'Let those in who carry a valid access token or ticket',
  needs: ['verification-keys', 'session-check', 'redeem-tickets'],
  errors: ['not_authenticated', 'invalid_token', 'token_expired'],
};

/** Brings MySQL and MongoDB to the schema that the code expects. */
export const migrate: JobRoute = {
  transport: 'job',
  id: 'migrate',
  summary: 'Apply the schema of both stores',
  needs: ['mysql', 'mysql-owner', 'mongodb'],
  errors: [],
};

/** Ends connections that died without a goodbye. */
export const reapConnections: JobRoute = {
  transport: 'job',
  id: 'reap-connections',
  summary: 'End connections whose lease is over, and tell their chats',
  schedule: 'rate(1 minute)',
  needs: ['mysql', 'connections', 'all-connections', 'post'],
  errors: [],
};

/** Removes what a send that broke off left behind. */
export const reapOrphans: JobRoute = {
  transport: 'job',
  id: 'reap-orphans',
  summary: 'Remove contents without metadata that are older than an hour',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

/** Forgets what can be restored no more. */
export const purgeDeleted: JobRoute = {
  transport: 'job',
  id: 'purge-deleted',
  summary: 'Remove the contents of messages that were deleted too long ago to be restored',
  schedule: 'rate(1 day)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

/** Finishes what deactivating an account did not come to. */
export const finishDepartures: JobRoute = {
  transport: 'job',
  id: 'finish-departures',
  summary: 'Take deactivated accounts out of the groups that they are still in, and end their sessions',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb', 'sessions', 'connections', 'post'],
  errors: [],
};

/** Makes searchable what the code before stored while traffic shifted to this one. */
export const indexTexts: JobRoute = {
  transport: 'job',
  id: 'index-texts',
  summary: 'Give texts and names that older code stored the words that searches ask for',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

/** Gives access tokens a new key, under which nobody has to log in again. */
export const rotateSigningKeys: JobRoute = {
  transport: 'job',
  id: 'rotate-signing-keys',
  summary: 'Sign access tokens with a new key, and accept those of the key before',
  schedule: 'rate(30 days)',
  needs: ['signing-keys-rotation'],
  errors: [],
};

/** Gives a new stage the key that access tokens are signed with. */
export const createSigningKey: JobRoute = {
  transport: 'job',
  id: 'create-signing-key',
  summary: 'Make the first key that signs access tokens, where there is none',
  needs: ['signing-keys-rotation'],
  errors: [],
};

/** What API Gateway calls when no other route fits, so that this answer has the contract's form too. */
export const unknownRoute = defineHttpRoute({
  id: 'unknown-route',
  method: 'GET',
  path: '/{proxy+}',
  tag: 'System',
  summary: 'Everything else',
  auth: 'none',
  pace: anybodysAreUnpaced,
  needs: [],
  responses: {
    404: { description: 'There is nothing at this address', body: ErrorBody },
    405: { description: 'The address does not answer to that method', body: ErrorBody },
  },
  errors: [],
});
