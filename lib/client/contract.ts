import type * as z from 'zod';
import type { ServerEvent } from '../../functions/contract/events.ts';
import type { ErrorFrame } from '../../functions/contract/frames.ts';
import type { HttpRoute } from '../../functions/contract/route.ts';
import type { ListedWebSocketRoute } from '../../functions/contract/table.ts';

/*
 * The types of the client's calls and frames, derived from the definitions in `functions/`: a route, a field or an
 * event that changes there breaks the compilation here. Types only, so that no schema reaches a client's bundle.
 */

/** The parsed types of a schema's values that arrive as text in a path or a query. */
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

/** The paths of a route, relative to `baseUrl`. A parameter without a schema makes the type `never`. */
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

/** The response bodies of the route with a 2xx status; `void` for an empty response. */
export type AnswerOf<Route extends HttpRoute> = {
  [Status in keyof Route['responses'] & Success]: Route['responses'][Status] extends {
    readonly body: infer Schema extends z.ZodType;
  }
    ? z.output<Schema>
    : void;
}[keyof Route['responses'] & Success];

/** The input of a call besides its path: the body; for a GET the query. */
type InputOf<Route extends HttpRoute> = [BodyOf<Route>] extends [never]
  ? Route['method'] extends 'GET'
    ? Partial<QueryOf<Route>> extends QueryOf<Route>
      ? [query?: QueryOf<Route> | undefined]
      : [query: QueryOf<Route>]
    : [body?: undefined]
  : [body: BodyOf<Route>];

/** The query string of a route other than a GET: `?user_id=7`. */
type QueryString<Route extends HttpRoute> = Route['method'] extends 'GET'
  ? ''
  : [QueryOf<Route>] extends [never]
    ? ''
    : {
        [Name in keyof QueryOf<Route> & string]: `?${Name}=${QueryOf<Route>[Name] & (string | number)}`;
      }[keyof QueryOf<Route> & string];

/**
 * Calls one HTTP route, named by its type: ``call<typeof editMessage>(`PUT /messages/${id}`, 'message_id', body)``.
 * Most of a client's code consists of such calls, so they are short.
 *
 * @param field a field of every response of the route, by which a response of the service is distinguished from a
 *   captive portal's; empty for an empty response
 * @throws ChatError for a status of 400 or above
 * @throws TypeError when the service cannot be reached, also when something else responds in its place
 */
export type Call<More extends unknown[] = []> = <Route extends HttpRoute = never>(
  request: `${Route['method']} ${PathOf<Route>}${QueryString<Route>}`,
  field: [AnswerOf<Route>] extends [void] ? '' : keyof AnswerOf<Route> & string,
  ...input: [...InputOf<Route>, ...More]
) => Promise<AnswerOf<Route>>;

/** A frame that a client sends, as the contract defines it. */
export type ClientFrame = z.input<Extract<ListedWebSocketRoute, { readonly frame: z.ZodType }>['frame']>;

/** A client's frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { readonly type: Type }>;

/** A frame from the service: an event, the reply to a frame of the client, or an error. */
export type ServerFrame =
  ServerEvent | z.output<Extract<ListedWebSocketRoute, { readonly reply: z.ZodType }>['reply']> | ErrorFrame;

/** The service's frames of one type. */
export type ServerFrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { readonly type: Type }>;

/** One function per type of frame; omitting one is a compile error. */
export type Receivers<Types extends ServerFrame['type'] = ServerFrame['type']> = {
  readonly [Type in Types]: (frame: ServerFrameOf<Type>) => void;
};

/** The types of frames that contain a message and nothing else. */
export type MessageType = Exclude<Extract<ServerFrame, { readonly message: unknown }>['type'], 'ack'>;

/** The types of frames that only `chat-service/presence` reads. */
export type TypingType = 'typing_started' | 'typing_stopped';
