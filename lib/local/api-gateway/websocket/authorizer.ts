import type {
  Invoke,
  Log,
  RequestAuthorizer,
  WebSocketApiDefinition,
  WebSocketRoute,
} from '../definitions.ts';
import { failureLine, invokeWithin } from '../invocation.ts';
import { authorizerEvent, connectArn } from './events.ts';
import type { AuthorizerContext, ConnectionFacts, HandshakeRequest } from './events.ts';
import { policyAllows } from './policy.ts';

/** The decision of `$connect`'s authorizer; a refusal contains the status of the handshake's response. */
export type Decision =
  { allowed: true; context: AuthorizerContext } | { allowed: false; status: 401 | 403 | 500 };

/**
 * Calls a `$connect` route's REQUEST authorizer: 401 when an identity source is missing (without calling it) or the
 * function throws `Unauthorized`, 403 when its policy does not allow the request, 500 when it fails or its result is
 * malformed.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 */
export const authorize = async (
  { api, invoke, log }: { api: WebSocketApiDefinition; invoke: Invoke; log: Log },
  authorizer: RequestAuthorizer,
  route: WebSocketRoute,
  facts: ConnectionFacts,
  handshake: HandshakeRequest,
  requestId: string,
): Promise<Decision> => {
  if (authorizer.identitySources.some((source) => !identity(source, handshake))) {
    return { allowed: false, status: 401 };
  }
  const startedAt = performance.now();
  const event = authorizerEvent(api, facts, handshake, requestId);
  const outcome = await invokeWithin(invoke, authorizer.functionName, event, route.timeoutMs);
  if (outcome.kind === 'function-error' && outcome.message === 'Unauthorized') {
    return { allowed: false, status: 401 };
  }
  const answer = outcome.kind === 'result' ? readAnswer(outcome.result, connectArn(api)) : undefined;
  if (answer === undefined) {
    log(failureLine('authorizer', authorizer.functionName, outcome));
    return { allowed: false, status: 500 };
  }
  if (!answer.allows) return { allowed: false, status: 403 };
  const integrationLatency = Math.round(performance.now() - startedAt);
  return {
    allowed: true,
    context: { ...answer.context, principalId: answer.principalId, integrationLatency },
  };
};

/** The value of an identity source, `''` when it is missing. Only headers and the query are supported. */
const identity = (source: string, handshake: HandshakeRequest): string => {
  const [, kind, name] = /^route\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (kind === undefined || name === undefined) {
    throw new TypeError(`not an identity source that this gateway knows: ${source}`);
  }
  if (kind === 'querystring') return handshake.queryStringParameters[name] ?? '';
  const wanted = name.toLowerCase();
  return Object.entries(handshake.headers).find(([header]) => header.toLowerCase() === wanted)?.[1] ?? '';
};

interface Answer {
  allows: boolean;
  principalId: string;
  context: Record<string, string>;
}

const readAnswer = (result: unknown, arn: string): Answer | undefined => {
  if (typeof result !== 'object' || result === null || JSON.stringify(result).length > maxResultBytes) {
    return undefined;
  }
  const principalId: unknown = Reflect.get(result, 'principalId');
  const context = stringify(Reflect.get(result, 'context'));
  const allows = policyAllows(Reflect.get(result, 'policyDocument'), arn);
  if (typeof principalId !== 'string' || context === undefined || allows === undefined) return undefined;
  return { allows, principalId, context };
};

/** The quota "AWS Lambda authorizer result size". */
const maxResultBytes = 8 * 1024;

/**
 * The values of a context may be strings, numbers and booleans, and arrive as strings; an object or a list is an
 * error.
 */
const stringify = (context: unknown): Record<string, string> | undefined => {
  if (context === undefined || context === null) return {};
  if (typeof context !== 'object' || Array.isArray(context)) return undefined;
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(context)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    texts[key] = String(value);
  }
  return texts;
};
