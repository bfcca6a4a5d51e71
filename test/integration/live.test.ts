import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Ticket } from '../../functions/sessions/contract.ts';
import type { Message } from '../../functions/contract/schemas.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { ChatSocket, ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import { resigned } from '../support/signing.ts';
import {
  isAbout,
  drainFrames,
  newGroup,
  newPeople,
  newPerson,
  send,
  service,
  websocketUrl,
  type Person,
} from '../support/people.ts';

/** Runs a test with connections, and closes them in any case. */
const withSockets = async <const Sockets extends readonly Promise<ChatSocket>[]>(
  opening: Sockets,
  run: (...sockets: { [Index in keyof Sockets]: ChatSocket }) => Promise<void>,
): Promise<void> => {
  const sockets = await Promise.all(opening);
  try {
    await run(...(sockets as unknown as { [Index in keyof Sockets]: ChatSocket }));
  } finally {
    await Promise.all(sockets.map((socket) => socket.close()));
  }
};

const withoutTime = ({ timestamp, ...frame }: ServerFrame): object => {
  assert.equal(new Date(timestamp).toISOString(), timestamp);
  return frame;
};

suite('the handshake', () => {
  /** The HTTP status with which a handshake ends. */
  const handshake = async (query: string): Promise<number> => {
    const socket = new WebSocket(`${websocketUrl()}${query}`);
    socket.on('error', () => undefined);
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(
        ([, response]: { statusCode?: number }[]) => response?.statusCode ?? 0,
      ),
    ]);
    socket.terminate();
    return outcome;
  };

  test('is refused with 401 without a good token', async () => {
    const person = await newPerson();
    assert.equal(await handshake(''), 401);
    assert.equal(await handshake('?token='), 401);
    assert.equal(await handshake('?token=nonsense'), 401);
    assert.equal(await handshake(`?token=${person.token.slice(0, -3)}`), 401);
    assert.equal(await handshake(`?token=${person.token}`), 101);
  });

  test('is refused with 403 for a chat that one is not in', async () => {
    const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
    const group = await newGroup(ada, grace);
    assert.equal(await handshake(`?token=${stranger.token}&chat_id=${group.id}`), 403);
    assert.equal(await handshake(`?token=${stranger.token}&chat_id=999999999`), 403);
    assert.equal(await handshake(`?token=${stranger.token}&chat_id=nonsense`), 403);
    assert.equal(await handshake(`?token=${grace.token}&chat_id=${group.id}`), 101);
  });

  /** A ticket for one handshake. */
  const ticketOf = async (person: Person): Promise<string> => {
    const { status, body } = await person.api.request<Ticket>('POST', '/ws/tickets');
    assert.deepEqual([status, body.expires_in], [201, 60]);
    return encodeURIComponent(body.ticket);
  };

  test('takes a ticket once, also of two at the same moment', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const ticket = await ticketOf(ada);
    const outcomes = await Promise.all([handshake(`?ticket=${ticket}`), handshake(`?ticket=${ticket}`)]);
    assert.deepEqual(
      outcomes.toSorted((a, b) => a - b),
      [101, 401],
    );
    assert.equal(await handshake(`?ticket=${ticket}`), 401);
    assert.equal(await handshake('?ticket='), 401);
    assert.equal(await handshake('?ticket=nonsense'), 401);
    assert.equal(await handshake(`?ticket=${await ticketOf(grace)}&chat_id=${group.id}`), 101);
    const stranger = await newPerson();
    assert.equal(await handshake(`?ticket=${await ticketOf(stranger)}&chat_id=${group.id}`), 403);
  });

  test('refuses the ticket of a session that has ended since', async () => {
    const person = await newPerson();
    const { username, password } = person;
    const { body } = await service().request<Tokens>('POST', '/users/login', { username, password });
    const { body: issued } = await service().as(body.access_token).request<Ticket>('POST', '/ws/tickets');
    await service().request('POST', '/users/logout', { refresh_token: body.refresh_token });
    assert.equal(await handshake(`?ticket=${issued.ticket}`), 401);
  });
});

suite('messages', () => {
  test('reach every device of everyone, the sender’s own included, whichever way they were sent', async () => {
    const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
    const group = await newGroup(ada, grace);
    const opening = [
      ada.connect(),
      ada.connect(),
      grace.connect(),
      grace.connect(),
      stranger.connect(),
    ] as const;
    await withSockets(opening, async (phone, laptop, graceOne, graceTwo, outside) => {
      const clientMessageId = randomUUID();
      phone.send({
        type: 'message',
        chat_id: group.id,
        content: 'over the socket',
        client_message_id: clientMessageId,
      });
      const ack = await phone.take(({ type }) => type === 'ack');
      const message = ack['message'] as Message;
      assert.deepEqual(withoutTime(ack), {
        type: 'ack',
        chat_id: group.id,
        client_message_id: clientMessageId,
        duplicate: false,
        message,
      });
      assert.deepEqual([message.content, message.seq, message.sender_id], ['over the socket', 1, ada.id]);
      const sent = await send(grace, group.id, 'over HTTP');
      for (const socket of [phone, laptop, graceOne, graceTwo]) {
        const events = [
          await socket.take(isAbout('new_message', group.id)),
          await socket.take(isAbout('new_message', group.id)),
        ].toSorted((a, b) => (a['message'] as Message).seq - (b['message'] as Message).seq);
        assert.deepEqual(events.map(withoutTime), [
          { type: 'new_message', chat_id: group.id, rev: 1, message },
          { type: 'new_message', chat_id: group.id, rev: 2, message: sent },
        ]);
      }
      assert.deepEqual(await drainFrames(outside), []);
      assert.deepEqual(
        (await drainFrames(laptop)).filter(({ type }) => type === 'ack'),
        [],
      );
    });
  });

  test('a connection for one chat gets that chat only', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const [group, other] = [await newGroup(ada, grace), await newGroup(ada, grace)];
    await withSockets([grace.connect(group.id)], async (socket) => {
      await send(ada, other.id, 'elsewhere');
      await send(ada, group.id, 'here');
      await socket.take(isAbout('new_message', group.id));
      assert.deepEqual((await drainFrames(socket)).filter(isAbout('new_message', other.id)), []);
    });
  });

  test('one that is too large for a frame comes without its content', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await withSockets([grace.connect()], async (socket) => {
      const sent = await send(ada, group.id, '🦋'.repeat(10_000));
      const { message } = (await socket.take(isAbout('new_message', group.id))) as unknown as {
        message: object;
      };
      assert.deepEqual(message, { ...sent, content: null, truncated: true });
    });
  });
});

suite('typing', () => {
  test('is told to the others, and ends with the message', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await withSockets([ada.connect(), ada.connect(), grace.connect()], async (phone, laptop, graceSocket) => {
      phone.send({ type: 'typing', chat_id: group.id, content: 'start' });
      assert.deepEqual(withoutTime(await graceSocket.take(isAbout('typing_started', group.id))), {
        type: 'typing_started',
        chat_id: group.id,
        user_id: ada.id,
        expires_in_ms: 12_000,
      });
      phone.send({ type: 'typing', chat_id: group.id, content: 'stop' });
      await graceSocket.take(isAbout('typing_stopped', group.id));

      phone.send({ type: 'typing', chat_id: group.id, content: 'start' });
      await graceSocket.take(isAbout('typing_started', group.id));
      await send(ada, group.id, 'there');
      await graceSocket.take(isAbout('typing_stopped', group.id));
      for (const own of [phone, laptop]) {
        assert.deepEqual(
          (await drainFrames(own)).filter(({ type }) => type.startsWith('typing')),
          [],
        );
      }
    });
  });

  test('ends when the connection that typed goes', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await withSockets([grace.connect()], async (graceSocket) => {
      const phone = await ada.connect();
      phone.send({ type: 'typing', chat_id: group.id, content: 'start' });
      await graceSocket.take(isAbout('typing_started', group.id));
      await phone.close();
      await graceSocket.take(isAbout('typing_stopped', group.id));
    });
  });
});

suite('presence in a chat', () => {
  test('is announced by the first connection that joins and the last that leaves', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await withSockets([grace.connect(), ada.connect(), ada.connect()], async (graceSocket, phone, laptop) => {
      phone.send({ type: 'join', chat_id: group.id, ref: 'r1' });
      assert.deepEqual(withoutTime(await phone.take(({ type }) => type === 'ack')), {
        type: 'ack',
        chat_id: group.id,
        ref: 'r1',
      });
      assert.deepEqual(withoutTime(await graceSocket.take(isAbout('user_joined', group.id))), {
        type: 'user_joined',
        chat_id: group.id,
        user_id: ada.id,
      });
      await laptop.take(isAbout('user_joined', group.id));
      laptop.send({ type: 'join', chat_id: group.id });
      assert.equal((await laptop.take(({ type }) => type === 'ack'))['ref'], null);
      phone.send({ type: 'leave', chat_id: group.id });
      await phone.take(({ type }) => type === 'ack');
      assert.deepEqual(
        (await drainFrames(graceSocket)).filter(({ type }) => type.startsWith('user_')),
        [],
      );
      await laptop.close();
      await graceSocket.take(isAbout('user_left', group.id));
    });
  });

  test('a connection for one chat joins it at once, and leaves it when it dies', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await withSockets([grace.connect()], async (graceSocket) => {
      const socket = new WebSocket(`${websocketUrl()}?token=${ada.token}&chat_id=${group.id}`);
      await once(socket, 'open');
      await graceSocket.take(isAbout('user_joined', group.id));
      // Without a goodbye.
      socket.terminate();
      await graceSocket.take(isAbout('user_left', group.id));
    });
  });

  test('shows in the detail of a chat and in a peer’s profile', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    interface Detail {
      participants: { id: number; online: boolean }[];
    }
    const online = async (): Promise<number[]> => {
      const { body } = await ada.api.request<Detail>('GET', `/chats/${group.id}`);
      return body.participants.filter((participant) => participant.online).map(({ id }) => id);
    };
    assert.deepEqual(await online(), []);
    await withSockets([grace.connect()], async () => {
      assert.deepEqual(await online(), [grace.id]);
    });
  });
});

suite('frames', () => {
  test('a ping is answered', async () => {
    const ada = await newPerson('ada');
    await withSockets([ada.connect()], async (socket) => {
      socket.send({ type: 'ping' });
      const pong = () => socket.take(({ type }) => type === 'pong');
      assert.deepEqual(withoutTime(await pong()), { type: 'pong', ref: null });
      socket.send({ type: 'ping', ref: 7 });
      assert.deepEqual(withoutTime(await pong()), { type: 'pong', ref: 7 });
    });
  });

  test('what is wrong is answered with what is wrong, and the connection stays open', async () => {
    const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
    const group = await newGroup(ada, grace);
    const id = randomUUID();
    const message = { type: 'message', chat_id: group.id, content: 'hello', client_message_id: id };
    const cases: [string, number, string, string | number | null][] = [
      ['{nonsense', 400, 'malformed_json', null],
      ['', 400, 'malformed_json', null],
      ['null', 422, 'unknown_frame_type', null],
      ['[]', 422, 'unknown_frame_type', null],
      ['42', 422, 'unknown_frame_type', null],
      ['{}', 422, 'unknown_frame_type', null],
      ['{"type": 7, "ref": "r7"}', 422, 'unknown_frame_type', 'r7'],
      ['{"type": "dance", "ref": "r8"}', 422, 'unknown_frame_type', 'r8'],
      ['{"type": "$connect"}', 422, 'unknown_frame_type', null],
      ['{"type": "$disconnect"}', 422, 'unknown_frame_type', null],
      [JSON.stringify({ ...message, content: '' }), 422, 'validation_failed', id],
      [JSON.stringify({ ...message, content: ' ' }), 422, 'validation_failed', id],
      [JSON.stringify({ ...message, chat_id: '1' }), 422, 'validation_failed', id],
      [JSON.stringify({ ...message, client_message_id: 'x' }), 422, 'validation_failed', 'x'],
      [JSON.stringify({ ...message, surprise: true }), 422, 'validation_failed', id],
      [JSON.stringify(message), 404, 'chat_not_found', id],
      [
        JSON.stringify({ type: 'typing', chat_id: group.id, content: 'maybe' }),
        422,
        'validation_failed',
        null,
      ],
      [
        JSON.stringify({ type: 'typing', chat_id: group.id, content: 'start', ref: 't' }),
        404,
        'chat_not_found',
        't',
      ],
      [JSON.stringify({ type: 'join', chat_id: group.id, ref: 'j' }), 404, 'chat_not_found', 'j'],
      [JSON.stringify({ type: 'join', chat_id: group.id, ref: 7.5 }), 404, 'chat_not_found', 7.5],
      [JSON.stringify({ type: 'leave', chat_id: -1, ref: 'l' }), 422, 'validation_failed', 'l'],
    ];
    const socket = new WebSocket(`${websocketUrl()}?token=${stranger.token}`);
    await once(socket, 'open');
    try {
      for (const [text, status, code, ref] of cases) {
        socket.send(text);
        const [data] = (await once(socket, 'message')) as [Buffer];
        const { timestamp, detail, errors, ...frame } = JSON.parse(data.toString()) as Record<
          string,
          unknown
        >;
        assert.deepEqual(frame, { type: 'error', status_code: status, code, ref }, text);
        assert.ok(typeof detail === 'string' && detail !== '' && typeof timestamp === 'string', text);
        assert.equal(Array.isArray(errors), status === 422, text);
      }
      socket.send('{"type":"ping"}');
      const [data] = (await once(socket, 'message')) as [Buffer];
      assert.equal((JSON.parse(data.toString()) as ServerFrame).type, 'pong');
    } finally {
      socket.terminate();
    }
    const history = await ada.api.request<{ total: number }>('GET', `/messages/chat/${group.id}`);
    assert.equal(history.body.total, 0);
  });

  test('a frame over 32 KB closes with 1009, a binary one with 1003', async () => {
    const ada = await newPerson('ada');
    const closedWith = async (data: string | Buffer): Promise<unknown> => {
      const socket = new WebSocket(`${websocketUrl()}?token=${ada.token}`);
      await once(socket, 'open');
      socket.send(data);
      const [code] = (await once(socket, 'close')) as [number];
      return code;
    };
    assert.equal(await closedWith(`{"type":"ping","ref":"${'x'.repeat(32 * 1024)}"}`), 1009);
    assert.equal(await closedWith(Buffer.from('{"type":"ping"}')), 1003);
  });

  test('a token that runs out ends its connection with the next frame, even one that is no JSON', async () => {
    const ada = await newPerson('ada');
    for (const frame of ['{"type":"ping"}', '{"type":']) {
      const soon = Math.floor(Date.now() / 1000) + 2;
      const socket = new WebSocket(`${websocketUrl()}?token=${resigned(ada.token, { exp: soon })}`);
      await once(socket, 'open');
      const closed = once(socket, 'close');
      let last = '';
      // As long as the token is good, each frame is answered for what it is.
      while (last !== 'token_expired') {
        socket.send(frame);
        const [data] = (await once(socket, 'message')) as [Buffer];
        const { type, code, status_code } = JSON.parse(data.toString()) as Record<string, unknown>;
        last = String(code ?? type);
        assert.ok(['pong', 'malformed_json', 'token_expired'].includes(last), last);
        if (last === 'token_expired') assert.equal(status_code, 401);
      }
      await closed;
    }
  });

  test('the eleventh device closes the oldest', async () => {
    const ada = await newPerson('ada');
    const sockets: ChatSocket[] = [];
    try {
      for (let count = 0; count < 11; count += 1) sockets.push(await ada.connect());
      const why = await sockets[0]?.take(({ type }) => type === 'error');
      assert.deepEqual([why?.['code'], why?.['status_code']], ['too_many_connections', 409]);
      await sockets[0]?.closed;
      for (const socket of sockets.slice(1)) await drainFrames(socket);
    } finally {
      await Promise.all(sockets.map((socket) => socket.close()));
    }
  });
});
