import { EVENT_BYTES_MAX, LEASE_SECONDS, TICKET_SECONDS, limits } from '../contract/limits.ts';
import { addFrames, type FrameSchema } from './frame-schemas.ts';
import { createSchemaCollection } from './json-schema.ts';

type Json = Record<string, unknown>;

const introduction = `
Live events of chats, and the frames that clients send, over one WebSocket. \`GET /api/v1/openapi.json\` describes the
HTTP API.

**Frames.** Every frame is a JSON text frame with a \`type\`, and every frame of the service has a \`timestamp\`. The
service replies to an invalid frame with \`error\`, and the connection stays open. A frame over
${EVENT_BYTES_MAX / 1024} KB closes the connection with 1009, a binary frame with 1003.

**Events** arrive on every connection that carries the chat, whichever transport caused them. An event may get lost
when a connection fails, and events may arrive out of order: \`seq\` and \`rev\` reveal it, and
\`POST /api/v1/sync\` returns what was missed.

**Presence** is a lease of ${LEASE_SECONDS / 60} minutes that any frame of the client renews.

**The end.** When the access token that opened a connection expires, the service replies to the next frame with
\`error\` \`token_expired\` and closes the connection; when the session is ended, \`session_revoked\` arrives at once.
The last \`error\`, not the close code, gives the reason.
`.trim();

const messageOf = ({ id, type, description, reference, example }: FrameSchema): Json => ({
  name: type,
  title: id,
  summary: description,
  contentType: 'application/json',
  payload: reference,
  examples: [{ payload: example }],
});

const channel = { $ref: '#/channels/connection' };
const onChannel = ({ id }: FrameSchema): Json => ({ $ref: `#/channels/connection/messages/${id}` });

const query: Json = {
  type: 'object',
  description: 'Requires `ticket` or `token`.',
  properties: {
    ticket: {
      type: 'string',
      description: `A ticket of \`POST /api/v1/ws/tickets\`: works once, within ${TICKET_SECONDS} s.`,
    },
    token: { type: 'string', description: 'An access token, for clients that keep it out of logs.' },
    chat_id: {
      type: 'integer',
      minimum: 1,
      description:
        'The only chat that the connection carries, and joins at once; by default, it carries all of the user’s chats.',
    },
  },
};

/**
 * The WebSocket API as an AsyncAPI 3.0 document, generated from the same frame schemas as the OpenAPI document.
 * Written from the service's point of view, as the standard requires: the service receives what clients send.
 *
 * @param websocketUrl where clients connect
 */
export const asyncApiDocument = (version: string, websocketUrl: string): Json => {
  const { protocol, host, pathname } = new URL(websocketUrl);
  const collection = createSchemaCollection();
  const { sent, replies, error, events } = addFrames(collection);
  const received = [...replies, error, ...events];
  const credential = (name: string, description: string): Json => ({
    type: 'httpApiKey',
    name,
    in: 'query',
    description,
  });
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Chat service',
      version,
      description: introduction,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      service: {
        host,
        pathname,
        protocol: protocol.replace(':', ''),
        description: 'The service that serves this document',
        security: ['ticket', 'token'].map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
      },
    },
    channels: {
      connection: {
        title: 'A connection',
        description: `One of up to ${limits.connections_per_user} connections of a user.`,
        messages: Object.fromEntries(
          [...sent, ...received].map(({ id }) => [id, { $ref: `#/components/messages/${id}` }]),
        ),
        bindings: { ws: { method: 'GET', query, bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      ...Object.fromEntries(
        sent.map((frame) => [
          frame.route.id,
          {
            action: 'receive',
            channel,
            title: frame.type,
            summary: frame.route.summary,
            messages: [onChannel(frame)],
            reply: {
              channel,
              // A route without a reply responds only with an error.
              messages: [frame.reply, error].flatMap((reply) =>
                reply === undefined ? [] : [onChannel(reply)],
              ),
            },
          },
        ]),
      ),
      ...Object.fromEntries(
        events.map((event) => [
          `send-${event.type.replaceAll('_', '-')}`,
          {
            action: 'send',
            channel,
            title: event.type,
            summary: event.description,
            messages: [onChannel(event)],
          },
        ]),
      ),
    },
    components: {
      messages: Object.fromEntries([...sent, ...received].map((frame) => [frame.id, messageOf(frame)])),
      schemas: collection.schemas,
      securitySchemes: {
        ticket: credential('ticket', 'A single-use ticket; keeps access tokens out of URLs and logs.'),
        token: credential('token', 'The access token.'),
      },
    },
  };
};
