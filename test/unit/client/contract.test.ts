import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  createChat,
  getChat,
  leaveGroup,
  removeParticipant,
  updateParticipant,
} from '../../../functions/chats/contract.ts';
import { events } from '../../../functions/contract/events.ts';
import { defineHttpRoute } from '../../../functions/contract/route.ts';
import type { editMessage, listMessages, sendMessage } from '../../../functions/messages/contract.ts';
import type { getInfo } from '../../../functions/system/contract.ts';
import type { searchUsers } from '../../../functions/users/contract.ts';
import type {
  AnswerOf,
  BodyOf,
  Call,
  ClientFrame,
  PathOf,
  QueryOf,
  Receivers,
  ServerFrame,
} from '../../../lib/client/contract.ts';

/* Checked by the compiler: an `@ts-expect-error` fails the compilation when the following line compiles. */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Claim extends true>(claim?: Claim): void => void claim;

test('a call is typed by its route', () => {
  holds<Equal<PathOf<typeof getChat>, `/chats/${number}`>>();
  holds<Equal<PathOf<typeof updateParticipant>, `/chats/${number}/participants/${number}`>>();
  holds<Equal<PathOf<typeof getInfo>, '/info'>>();
  holds<Equal<BodyOf<typeof updateParticipant>['is_admin'], boolean | undefined>>();
  holds<Equal<BodyOf<typeof getChat>, never>>();
  holds<Equal<keyof QueryOf<typeof listMessages>, 'page' | 'limit' | 'before_seq' | 'after_seq'>>();
  holds<Equal<NonNullable<QueryOf<typeof listMessages>['limit']>, number>>();
  holds<Equal<AnswerOf<typeof leaveGroup>, void>>();
  holds<Equal<AnswerOf<typeof createChat>, AnswerOf<typeof getChat>>>();
  holds<Equal<AnswerOf<typeof sendMessage>['message_type'], 'text'>>();
  holds<Equal<AnswerOf<typeof sendMessage>['duplicate'], boolean | undefined>>();

  const asked: string[] = [];
  const call = (async (request: string) => asked.push(request)) as unknown as Call;
  void [
    call<typeof editMessage>('PUT /messages/7', 'id', { content: 'x' }),
    call<typeof leaveGroup>('DELETE /chats/7', ''),
    call<typeof searchUsers>('GET /users/search', 'items', { q: 'ada', limit: 5 }),
    call<typeof removeParticipant>('DELETE /chats/7/participants?user_id=8', ''),

    // @ts-expect-error: the route has another method.
    call<typeof editMessage>('POST /messages/7', 'id', { content: 'x' }),
    // @ts-expect-error: no such path.
    call<typeof editMessage>('PUT /message/7', 'id', { content: 'x' }),
    // @ts-expect-error: the parameter is a number.
    call<typeof editMessage>('PUT /messages/seven', 'id', { content: 'x' }),
    // @ts-expect-error: the body has another field.
    call<typeof editMessage>('PUT /messages/7', 'id', { text: 'x' }),
    // @ts-expect-error: the field has another type.
    call<typeof editMessage>('PUT /messages/7', 'id', { content: 7 }),
    // @ts-expect-error: a body is needed.
    call<typeof editMessage>('PUT /messages/7', 'id'),
    // @ts-expect-error: no body is taken.
    call<typeof getChat>('GET /chats/7', 'id', {}),
    // @ts-expect-error: a query is needed.
    call<typeof searchUsers>('GET /users/search', 'items'),
    // @ts-expect-error: the query has no such field.
    call<typeof searchUsers>('GET /users/search', 'items', { q: 'ada', page: 1 }),
    // @ts-expect-error: a query is needed in the path of what is no GET.
    call<typeof removeParticipant>('DELETE /chats/7/participants', ''),
    // @ts-expect-error: and has no other name.
    call<typeof removeParticipant>('DELETE /chats/7/participants?id=8', ''),
    // @ts-expect-error: the answer has no such field.
    call<typeof getChat>('GET /chats/7', 'content'),
    // @ts-expect-error: an answer with a body is recognised by a field.
    call<typeof getChat>('GET /chats/7', ''),
    // @ts-expect-error: an empty answer has no fields.
    call<typeof leaveGroup>('DELETE /chats/7', 'id'),
    // @ts-expect-error: a call names its route.
    call('GET /info', 'name'),
  ];
  assert.deepEqual(asked.slice(0, 3), ['PUT /messages/7', 'DELETE /chats/7', 'GET /users/search']);

  const unparsed = defineHttpRoute({
    id: 'unparsed',
    method: 'GET',
    path: '/api/v1/things/{thing_id}',
    tag: 'System',
    summary: 'A route whose parameter has no schema',
    auth: 'none',
    rateLimit: { unlimitedBecause: 'It is not there.' },
    needs: [],
    responses: {},
    errors: [],
  });
  holds<Equal<PathOf<typeof unparsed>, never>>();
});

test('every frame of the service has a receiver', () => {
  const ignore = (): void => undefined;
  const receivers: Receivers = {
    ack: ignore,
    pong: ignore,
    error: ignore,
    new_message: ignore,
    message_updated: ignore,
    message_deleted: ignore,
    message_restored: ignore,
    message_pinned: ignore,
    message_unpinned: ignore,
    reaction_added: ({ count }) => count.toFixed(),
    reaction_removed: ignore,
    chat_created: ignore,
    chat_updated: ignore,
    participants_added: ignore,
    participants_removed: ignore,
    participant_updated: ({ participant }) => participant.is_admin,
    typing_started: ({ expires_in_ms }) => expires_in_ms.toFixed(),
    typing_stopped: ignore,
    user_joined: ignore,
    user_left: ignore,
    read_receipt: ignore,
  };
  assert.deepEqual(
    Object.keys(events).filter((type) => !(type in receivers)),
    [],
  );
  const { read_receipt: receipt, ...others } = receivers;
  // @ts-expect-error: one has no receiver.
  const missing: Receivers = others;
  // @ts-expect-error: one is of no frame.
  const unknown: Receivers = { ...receivers, message_boosted: ignore };
  // @ts-expect-error: the event has no such field.
  const wrong: Receivers['user_left'] = ({ seq }) => seq;
  assert.ok([receipt, missing, unknown, wrong].every((one) => one !== undefined));
  holds<Equal<ServerFrame['type'], keyof Receivers>>();
});

test('frames of the client are typed by the schemas of their routes', () => {
  const frames: ClientFrame[] = [
    { type: 'ping' },
    { type: 'typing', chat_id: 7, content: 'start' },
    { type: 'read', chat_id: 7, seq: 3, ref: 'read 7' },
    // @ts-expect-error: no such type.
    { type: 'shout', chat_id: 7 },
    // @ts-expect-error: no such content.
    { type: 'typing', chat_id: 7, content: 'pause' },
    // @ts-expect-error: the chat is missing.
    { type: 'join' },
  ];
  assert.equal(frames.length, 6);
});
