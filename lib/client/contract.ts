import type * as z from 'zod';
import type { ServerEvent } from '../../functions/contract/events.ts';
import type { ErrorFrame } from '../../functions/contract/frames.ts';
import type { HttpRoute } from '../../functions/contract/route.ts';
import type { ListedWebSocketRoute } from '../../functions/contract/table.ts';

/*
 * The types of the client's calls and frames, derived from the definitions in `functions/`: a route, a field or an
 * event that changes there breaks the compilation here. Types only, so that no schema reaches a client's bundle.
 */

/** Values of a schema that arrive as text in a path or a query, as what the text stands for. */
type Parsed<Schema> = Schema extends z.ZodType
  ? {
      [Name in keyof z.input<Schema>]:
        | (Name extends keyof z.output<Schema> ? Exclude<z.output<Schema>[Name], undefined> : never)
        | Extract<z.input<Schema>[Name], undefined>;
    }
  : never;

type ParamsOf<Route> = Route extends { readonly params: infer Schema } ? Parsed<Schema> : unknown;

/** A path with its `{name}` parameters replaced: `/chats/{chat_id}` becomes `/chats/${number}`. */
type Filled<Path extends string, Params> = Path extends `${infer Before}{${infer Name}}${infer After}`
  ? Name extends keyof Params
    ? `${Before}${Params[Name] & (string | number)}${Filled<After, Params>}`
    : never
  : Path;

/** The paths of a route, without the base that `baseUrl` ends with. A parameter that has no schema makes it `never`. */
export type PathOf<Route extends HttpRoute> = Route['path'] extends `/api/v1${infer Path}`
  ? Filled<Path, ParamsOf<Route>>
  : never;

/** The body that a caller passes. */
export type BodyOf<Route extends HttpRoute> = Route extends { readonly body: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : never;

/** The query that a caller passes, numbers as numbers. */
export type QueryOf<Route extends HttpRoute> = Route extends { readonly query: infer Schema }
  ? Parsed<Schema>
  : never;

type Success = 200 | 201 | 202 | 204;

/** The body of the route's 2xx responses, `void` for an empty response. */
export type AnswerOf<Route extends HttpRoute> = {
  [Status in keyof Route['responses'] & Success]: Route['responses'][Status] extends {
    readonly body: infer Schema extends z.ZodType;
  }
    ? z.output<Schema>
    : void;
}[keyof Route['responses'] & Success];

type BodyOption<Route extends HttpRoute> = [BodyOf<Route>] extends [never]
  ? { readonly body?: never }
  : { readonly body: BodyOf<Route> };

type QueryOption<Route extends HttpRoute> = [QueryOf<Route>] extends [never]
  ? { readonly query?: never }
  : Partial<QueryOf<Route>> extends QueryOf<Route>
    ? { readonly query?: QueryOf<Route> }
    : { readonly query: QueryOf<Route> };

type FieldOption<Route extends HttpRoute> = [AnswerOf<Route>] extends [void]
  ? { readonly field?: never }
  : {
      /** A field of every answer of the route, by which the service is told from a captive portal. */
      readonly field: keyof AnswerOf<Route> & string;
    };

/** Body and query of a call, and the field by which its answer is recognised. */
export type CallOptions<Route extends HttpRoute> = BodyOption<Route> &
  QueryOption<Route> &
  FieldOption<Route>;

/**
 * Calls one HTTP route, named by its type: ``call<typeof editMessage>('PUT', `/messages/${id}`, …)``.
 *
 * @throws ChatError from 400 up
 * @throws TypeError when the service cannot be reached, also when something else answers in its place
 */
export type Call<More = unknown> = <Route extends HttpRoute = never>(
  method: Route['method'],
  path: PathOf<Route>,
  ...options: object extends CallOptions<Route> & More
    ? [options?: CallOptions<Route> & More]
    : [options: CallOptions<Route> & More]
) => Promise<AnswerOf<Route>>;

/** A frame that a client sends, as the contract defines it. */
export type ClientFrame = z.input<Extract<ListedWebSocketRoute, { readonly frame: z.ZodType }>['frame']>;

/** A client's frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { readonly type: Type }>;

/** A frame from the service: an event, the answer to a frame of the client, or an error. */
export type ServerFrame =
  ServerEvent | z.output<Extract<ListedWebSocketRoute, { readonly reply: z.ZodType }>['reply']> | ErrorFrame;

/** The service's frames of one type. */
export type ServerFrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { readonly type: Type }>;

/** One function for each type of frame; a type without one does not compile. */
export type Receivers = { readonly [Type in ServerFrame['type']]: (frame: ServerFrameOf<Type>) => void };
