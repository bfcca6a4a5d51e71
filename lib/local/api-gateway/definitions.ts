/** What a gateway is started with: the API as the synthesized template describes it. */

export interface HttpApiDefinition {
  apiId: string;
  /** `$default`, or a name, which is then the first segment of every path. */
  stage: string;
  accountId: string;
  region: string;
  routes: HttpRoute[];
  cors?: CorsConfiguration;
  throttling?: Throttling;
}

export interface HttpRoute {
  /** `GET /api/v1/chats/{chat_id}`, `ANY /x/{proxy+}` or `$default`. */
  routeKey: string;
  functionName: string;
  /** Timeout of the integration in milliseconds; after it, the client gets a 503. */
  timeoutMs: number;
}

/** The `CorsConfiguration` of an HTTP API. `maxAge` is in seconds. */
export interface CorsConfiguration {
  allowOrigins?: string[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  allowCredentials?: boolean;
  maxAge?: number;
}

/** Requests per second, and the burst. */
export interface Throttling {
  rateLimit: number;
  burstLimit: number;
}

export interface WebSocketApiDefinition {
  apiId: string;
  stage: string;
  accountId: string;
  region: string;
  /** `$request.body.<field>`, deeper paths included. */
  routeSelectionExpression: string;
  routes: WebSocketRoute[];
  throttling?: Throttling;
}

export interface WebSocketRoute {
  /** `$connect`, `$disconnect`, `$default`, or a value of the selection expression. */
  routeKey: string;
  functionName: string;
  /** Whether the function's `body` is sent back on the socket. */
  routeResponse: boolean;
  timeoutMs: number;
  /** On `$connect` only, as on AWS. */
  authorizer?: RequestAuthorizer;
}

export interface RequestAuthorizer {
  functionName: string;
  /** `route.request.querystring.token`, `route.request.header.Authorization`. */
  identitySources: string[];
}

/**
 * Invokes a function with an event and resolves with its result. Rejects with an Error that has a string `errorType`
 * when the function failed: `Sandbox.Timedout` when it exceeded its own timeout, `TooManyRequestsException` when
 * Lambda throttled it, the error's name otherwise.
 */
export type Invoke = (functionName: string, event: unknown) => Promise<unknown>;

export type Log = (line: string) => void;
