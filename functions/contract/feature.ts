import type {
  AuthorizerRoute,
  ConsumerRoute,
  HttpRoute,
  InternalRoute,
  JobRoute,
  WebSocketRoute,
} from './route.ts';

/** The functions of a feature, as its `contract.ts` lists them. */
export interface Feature {
  /** The feature's folder in `functions/`. */
  readonly name: string;
  /** In the order in which the documents list them. */
  readonly http?: readonly HttpRoute[];
  readonly webSocket?: readonly WebSocketRoute[];
  readonly authorizer?: AuthorizerRoute;
  readonly jobs?: readonly JobRoute[];
  readonly internal?: readonly InternalRoute[];
  readonly consumers?: readonly ConsumerRoute[];
}
