import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Message } from '../../functions/contract/schemas.ts';
import type { ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import { assertDocumented } from '../support/answers.ts';
import { assertError, httpUrl, newGroup, newPeople, newPerson, websocketUrl } from '../support/people.ts';
import { sendRaw } from '../support/raw-http.ts';

/** Invalid UTF-8 sequences, each used alone within plain text. */
const misencoded: Readonly<Record<string, readonly number[]>> = {
  'a byte that begins nothing': [0xff],
  'a continuation alone': [0x80],
  'a sequence that is cut off': [0xf0, 0x9f, 0x98],
  'a sequence that is too long for what it says': [0xc0, 0xaf],
  'NUL in two bytes': [0xc0, 0x80],
  'a surrogate': [0xed, 0xa0, 0x80],
  'a pair of surrogates, as CESU-8 has it': [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  'beyond the last code point': [0xf4, 0x90, 0x80, 0x80],
  'é in Latin-1': [0xe9],
};

suite('a body', () => {
  const post = async (token: string, body: Buffer, contentType = 'application/json') => {
    const path = '/api/v1/messages';
    const headers = { authorization: `Bearer ${token}`, 'content-type': contentType };
    const answer = await sendRaw(httpUrl(), { method: 'POST', path, headers, body });
    assertDocumented('POST', path, answer);
    return answer;
  };

  test('whose bytes are no UTF-8 is 400, and nothing of it is stored', async (t) => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    const around = JSON.stringify({ chat_id: chatId, content: 'a|b' }).split('|');
    for (const [name, bytes] of Object.entries(misencoded)) {
      await t.test(name, async () => {
        const body = Buffer.concat([
          Buffer.from(around[0] ?? ''),
          Buffer.from(bytes),
          Buffer.from(around[1] ?? ''),
        ]);
        assertError(await post(ada.token, body), 400, 'malformed_json');
        assertError(await post(ada.token, body, 'application/json; charset=utf-8'), 400, 'malformed_json');
      });
    }
    await t.test('UTF-16, with and without its mark', async () => {
      const text = JSON.stringify({ chat_id: chatId, content: 'hello' });
      assertError(await post(ada.token, Buffer.from(`\ufeff${text}`, 'utf16le')), 400, 'malformed_json');
      assertError(await post(ada.token, Buffer.from(text, 'utf16le')), 400, 'malformed_json');
    });
    const { body } = await ada.api.request<{ total: number }>('GET', `/messages/chat/${chatId}`);
    assert.equal(body.total, 0);
  });

  test('may say U+FFFD itself, and begin with the mark of UTF-8', async () => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    const content = 'a \ufffd b 🦋';
    const text = JSON.stringify({ chat_id: chatId, content });
    for (const body of [text, `\ufeff${text}`]) {
      const answer = await post(ada.token, Buffer.from(body));
      assert.deepEqual([answer.status, (answer.body as Message).content], [201, content]);
    }
  });

  test('in another charset is 415, by whatever name', async () => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    const body = Buffer.from(JSON.stringify({ chat_id: chatId, content: 'hello' }));
    for (const charset of ['latin1', 'iso-8859-1', 'utf-16', '"UTF-16LE"']) {
      const answer = await post(ada.token, body, `application/json; charset=${charset}`);
      assertError(answer, 415, 'unsupported_media_type');
    }
    for (const charset of ['utf-8', 'UTF8', '"utf-8"', 'us-ascii']) {
      assert.equal((await post(ada.token, body, `application/json;charset=${charset}`)).status, 201, charset);
    }
  });
});

suite('a query', () => {
  test('whose parameters are no UTF-8 in percent-encoding is 422, by name', async () => {
    const ada = await newPerson('ada');
    const headers = { authorization: `Bearer ${ada.token}` };
    const get = async (path: string) => {
      const answer = await sendRaw(httpUrl(), { method: 'GET', path: `/api/v1${path}`, headers });
      assertDocumented('GET', `/api/v1${path}`, answer);
      return answer;
    };
    for (const q of ['a%FFb', 'ab%', 'ab%zz', '%C0%AFab', '%ED%A0%80ab', 'ab%F0%9F%98']) {
      for (const path of ['/messages/search', '/users/search']) {
        const { errors } = assertError(await get(`${path}?q=${q}`), 422, 'validation_failed');
        assert.deepEqual(
          errors?.map((issue) => issue.path),
          ['q'],
          q,
        );
      }
    }
    assertError(await get('/chats?page=%FF'), 422, 'validation_failed');
    // U+FFFD itself, a plus for a space, and what nobody asks for.
    for (const query of ['q=a%EF%BF%BDb', 'q=two+words', 'q=100%25', 'q=word&x=%FF', 'q=word&%FF=1']) {
      assert.equal((await get(`/messages/search?${query}`)).status, 200, query);
    }
  });

  test('of a handshake that is no UTF-8 refuses it', async () => {
    const ada = await newPerson('ada');
    const statusOf = async (query: string): Promise<number> => {
      const socket = new WebSocket(`${websocketUrl()}?${query}`);
      socket.on('error', () => undefined);
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
      socket.terminate();
      return response.statusCode;
    };
    assert.equal(await statusOf('token=%FF'), 401);
    assert.equal(await statusOf('ticket=%'), 401);
    assert.equal(await statusOf(`token=${ada.token}&chat_id=%FF`), 403);
  });
});

suite('a frame', () => {
  test('that is no UTF-8 ends its connection with 1007 (RFC 6455, 8.1), and nothing of it is stored', async () => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    const around = JSON.stringify({ type: 'message', chat_id: chatId, content: 'a|b' }).split('|');
    for (const bytes of Object.values(misencoded)) {
      const socket = new WebSocket(`${websocketUrl()}?token=${ada.token}`);
      await once(socket, 'open');
      const text = [Buffer.from(around[0] ?? ''), Buffer.from(bytes), Buffer.from(around[1] ?? '')];
      socket.send(Buffer.concat(text), { binary: false });
      const [code] = (await once(socket, 'close')) as [number];
      assert.equal(code, 1007);
    }
    const { body } = await ada.api.request<{ total: number }>('GET', `/messages/chat/${chatId}`);
    assert.equal(body.total, 0);
  });

  test('has its `ref` back in whatever answers it, as it was sent', async (t) => {
    const [ada, stranger] = await newPeople('ada', 'stranger');
    const { id: chatId } = await newGroup(ada);
    const socket = new WebSocket(`${websocketUrl()}?token=${ada.token}`);
    await once(socket, 'open');
    t.after(() => socket.terminate());
    const { id: foreign } = await newGroup(stranger);
    const answers: string[] = [];
    let heard: () => void = () => undefined;
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (['ack', 'pong', 'error'].includes((JSON.parse(text) as ServerFrame).type)) answers.push(text);
      heard();
    });
    /** The text of `ref` in the answer to a frame: parsed, a large number would be another one. */
    const refIn = async (frame: string): Promise<string> => {
      socket.send(frame);
      while (answers.length === 0) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
      return /"ref":("(?:[^"\\]|\\.)*"|[^,}]+)/.exec(answers.shift() ?? '')?.[1] ?? 'none';
    };
    const refs = ['0', '-1', '7', '1.5', '-0', '1e3', '1e308', '9007199254740993', '12345678901234567890'];
    refs.push('0.1000', '""', '"a"', '"7"', String.raw`"é\"🦋"`);
    const inEveryFrame = new Set(['0', '1.5', '12345678901234567890', '""']);
    for (const ref of refs) {
      const expected = Number.isSafeInteger(Number(ref)) && ref === '1e3' ? '1000' : ref;
      assert.equal(await refIn(`{"type":"ping","ref":${ref}}`), expected);
      if (!inEveryFrame.has(ref)) continue;
      assert.equal(await refIn(`{"type":"join","chat_id":${chatId},"ref":${ref}}`), expected);
      assert.equal(await refIn(`{"type":"leave","chat_id":${foreign},"ref":${ref}}`), expected);
      assert.equal(await refIn(`{"type":"typing","chat_id":"x","ref":${ref}}`), expected);
      assert.equal(await refIn(`{"type":"dance","ref":${ref}}`), expected);
      assert.equal(
        await refIn(`{"type":"message","chat_id":${chatId},"content":"hi","ref":${ref}}`),
        expected,
      );
    }
    // What can be no reference is refused.
    for (const ref of ['{}', '[]', 'true', '1e999', JSON.stringify('x'.repeat(129))]) {
      assert.equal(await refIn(`{"type":"ping","ref":${ref}}`), 'null', ref);
    }
    assert.equal(await refIn('{"type":"ping","ref":null}'), 'null');
    assert.equal(await refIn('{"type":"ping"}'), 'null');
  });
});
