import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { Message, Page } from '../../functions/contract/schemas.ts';
import type { Report, ReportDetail, ReportReceipt } from '../../functions/moderation/contract.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import {
  isAbout,
  assertError,
  newGroup,
  newModerators,
  newPeople,
  newPerson,
  send,
  service,
  type Person,
} from '../support/people.ts';
import { ready, textFile } from '../support/uploads.ts';

/** The statuses of responses, in order. */
const statusesOf = (answers: readonly { readonly status: number }[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

let first: Person;
let second: Person;
before(async () => {
  const [one, other] = await newModerators();
  assert.ok(one !== undefined && other !== undefined);
  [first, second] = [one, other];
});

const report = (person: Person, body: object) =>
  person.api.request<ReportReceipt>('POST', '/reports', { reason: 'spam', ...body });
const reported = async (person: Person, body: object): Promise<number> => {
  const { status, body: receipt } = await report(person, body);
  assert.equal(status, 201, JSON.stringify(receipt));
  return receipt.id;
};
const detailOf = async (id: number): Promise<ReportDetail> =>
  (await first.api.request<ReportDetail>('GET', `/moderation/reports/${id}`)).body;
const resolve = (moderator: Person, id: number, body: object) =>
  moderator.api.request<Report>('POST', `/moderation/reports/${id}/resolve`, body);
const suspend = (moderator: Person, userId: number, until: string | null = null) =>
  moderator.api.request('PUT', `/moderation/suspensions/${userId}`, { until, reason: 'a test' });
const lift = (moderator: Person, userId: number) =>
  moderator.api.request('DELETE', `/moderation/suspensions/${userId}`);
const logIn = ({ username, password }: Person) =>
  service().request<Tokens>('POST', '/users/login', { username, password });

const newConversation = async () => {
  const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
  const { id: chatId } = await newGroup(ada, grace);
  return { ada, grace, stranger, chatId };
};

suite('a report', () => {
  test('keeps what a message said, and what its files were called, whatever becomes of them', async () => {
    const { ada, grace, chatId } = await newConversation();
    await send(ada, chatId, 'before');
    const file = await ready(ada, textFile('an offer'));
    const { id } = await send(ada, chatId, 'Buy now!', { attachment_ids: [file.id] });
    await send(grace, chatId, 'after');
    const reportId = await reported(grace, { message_id: id, comment: 'Third time today.' });
    await ada.api.request('PUT', `/messages/${id}`, { content: 'Good morning' });
    const edited = await detailOf(reportId);
    assert.deepEqual(
      edited.context.map(({ content }) => content),
      ['before', 'Good morning', 'after'],
    );
    await ada.api.request('DELETE', `/messages/${id}`);
    await ada.api.request('PUT', `/chats/${chatId}`, { name: 'Another name' });
    const { message, user, chat, reporter, context, ...rest } = await detailOf(reportId);
    assert.equal(message?.content, 'Buy now!');
    assert.deepEqual(
      message.attachments.map((one) => [one.id, one.file_name]),
      [[file.id, file.file_name]],
    );
    assert.deepEqual(
      context.map(({ content }) => content),
      ['before', 'after'],
    );
    assert.deepEqual(user, { id: ada.id, username: ada.username, full_name: null });
    assert.deepEqual(chat, { id: chatId, chat_type: 'group', name: 'A group' });
    assert.deepEqual(reporter, { id: grace.id, username: grace.username });
    assert.deepEqual(
      [rest.kind, rest.status, rest.reason, rest.comment, rest.excerpt, rest.message_id],
      ['message', 'open', 'spam', 'Third time today.', 'Buy now!', id],
    );
  });

  test('of a message that is deleted already has its text, as long as that is there', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'said and deleted');
    await ada.api.request('DELETE', `/messages/${id}`);
    const { message } = await detailOf(await reported(grace, { message_id: id }));
    assert.deepEqual([message?.content, message?.is_deleted], ['said and deleted', true]);
  });

  test('of a user and of a chat keeps their names; a chat’s comes with its latest messages', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    await send(ada, chatId, 'hello');
    const ofUser = await detailOf(await reported(stranger, { user_id: ada.id }));
    assert.deepEqual(
      [ofUser.kind, ofUser.user?.username, ofUser.chat, ofUser.message, ofUser.context],
      ['user', ada.username, null, null, []],
    );
    const ofChat = await detailOf(await reported(grace, { chat_id: chatId }));
    assert.deepEqual(
      [ofChat.kind, ofChat.user, ofChat.chat?.name, ofChat.message, ofChat.context.map((m) => m.content)],
      ['chat', null, 'A group', null, ['hello']],
    );
  });

  test('is of what its author sees, and of exactly one thing', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'hello');
    assertError(await report(stranger, { message_id: id }), 404, 'message_not_found');
    assertError(await report(stranger, { chat_id: chatId }), 404, 'chat_not_found');
    assertError(await report(grace, { message_id: 999_999_999 }), 404, 'message_not_found');
    assertError(await report(grace, { user_id: 999_999_999 }), 404, 'user_not_found');
    assertError(await report(grace, { user_id: grace.id }), 422, 'validation_failed');
    for (const body of [{}, { message_id: id, user_id: ada.id }, { user_id: ada.id, reason: 'dislike' }]) {
      assertError(await report(grace, body), 422, 'validation_failed');
    }
  });

  test('is made once by a person, however often they make it at once, and once by each', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'hello');
    const answers = await Promise.all(Array.from({ length: 5 }, () => report(grace, { message_id: id })));
    assert.deepEqual(statusesOf(answers), [200, 200, 200, 200, 201]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    const again = await report(grace, { message_id: id, reason: 'illegal' });
    assert.deepEqual([again.status, again.body.id], [200, answers[0]?.body.id]);
    assert.notEqual(await reported(ada, { message_id: id }), again.body.id);
    // Also by somebody who sees it no longer.
    await grace.api.request('DELETE', `/chats/${chatId}`);
    assert.equal((await report(grace, { message_id: id })).status, 200);
  });
});

suite('only moderators', () => {
  test('see that they are', async () => {
    const ada = await newPerson('ada');
    const roleOf = async ({ api }: Person) => (await api.request<OwnProfile>('GET', '/users/me')).body.role;
    assert.deepEqual(
      [await roleOf(ada), await roleOf(first), await roleOf(second)],
      ['user', 'moderator', 'moderator'],
    );
  });

  test('see and resolve reports, and suspend', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'hello');
    const reportId = await reported(grace, { message_id: id });
    for (const answer of [
      await ada.api.request('GET', '/moderation/reports'),
      await ada.api.request('GET', `/moderation/reports/${reportId}`),
      await ada.api.request('GET', '/moderation/reports/999999999'),
      await resolve(ada, reportId, { action: 'dismiss' }),
      await suspend(ada, grace.id),
      await lift(ada, grace.id),
    ]) {
      assertError(answer, 403, 'not_moderator');
    }
    assert.equal((await detailOf(reportId)).status, 'open');
    assert.equal((await logIn(grace)).status, 200);
  });

  test('find reports by their status, newest first', async () => {
    const { ada, grace } = await newConversation();
    const open = await reported(grace, { user_id: ada.id });
    const dismissed = await reported(ada, { user_id: grace.id });
    assert.equal((await resolve(first, dismissed, { action: 'dismiss' })).status, 200);
    const list = async (query: string): Promise<number[]> => {
      const { body } = await first.api.request<Page<Report>>('GET', `/moderation/reports?limit=100${query}`);
      assert.ok(body.total >= body.items.length);
      const ids = body.items.map((one) => one.id);
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => b - a),
      );
      return ids;
    };
    const has = async (query: string) => {
      const ids = await list(query);
      return [ids.includes(open), ids.includes(dismissed)];
    };
    assert.deepEqual(await has(''), [true, true]);
    assert.deepEqual(await has('&status=open'), [true, false]);
    assert.deepEqual(await has('&status=resolved'), [false, true]);
  });
});

suite('resolving a report', () => {
  test('happens once, of two moderators at the same moment too', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'hello');
    for (const action of ['dismiss', 'delete_message']) {
      const reporter = action === 'dismiss' ? grace : ada;
      const reportId = await reported(reporter, { message_id: id });
      const answers = await Promise.all([
        resolve(first, reportId, { action: 'dismiss', note: 'fine' }),
        resolve(second, reportId, { action }),
      ]);
      assert.deepEqual(statusesOf(answers), [200, 409]);
      const loser = answers.find(({ status }) => status === 409);
      assertError(loser ?? { status: 0, body: {} }, 409, 'report_resolved');
      const { acts, status } = await detailOf(reportId);
      assert.deepEqual([acts.length, status], [1, 'resolved'], 'one act is recorded');
      const winner = answers[0].status === 200 ? first : second;
      assert.equal(acts[0]?.moderator.id, winner.id);
    }
  });

  test('removes a message for everyone in its chat, and for good', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'Buy now!');
    const reportId = await reported(grace, { message_id: id });
    const socket = await grace.connect();
    const answer = await resolve(first, reportId, { action: 'delete_message', note: 'Spam' });
    assert.deepEqual([answer.status, answer.body.status], [200, 'resolved']);
    const event = await socket.take(isAbout('message_deleted', chatId));
    await socket.close();
    const { body } = await grace.api.request<Message>('GET', `/messages/${id}`);
    assert.deepEqual([body.is_deleted, body.content, body.rev], [true, null, event['rev']]);
    const restore = await ada.api.request('POST', `/messages/${id}/restore`);
    assertError(restore, 409, 'message_removed');
    const { acts, message } = await detailOf(reportId);
    assert.equal(message?.content, 'Buy now!');
    assert.deepEqual(
      acts.map((act) => [act.action, act.moderator.username, act.message_id, act.report_id, act.note]),
      [['delete_message', first.username, id, reportId, 'Spam']],
    );
  });

  test('takes from the sender what they could restore of their own deletion', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'Buy now!');
    const reportId = await reported(grace, { message_id: id });
    await ada.api.request('DELETE', `/messages/${id}`);
    const { rev } = (await ada.api.request<Message>('GET', `/messages/${id}`)).body;
    assert.equal((await resolve(first, reportId, { action: 'delete_message' })).status, 200);
    assertError(await ada.api.request('POST', `/messages/${id}/restore`), 409, 'message_removed');
    assert.equal((await ada.api.request<Message>('GET', `/messages/${id}`)).body.rev, rev);
  });

  test('reaches a group that has been closed', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'Buy now!');
    const reportId = await reported(grace, { message_id: id });
    await grace.api.request('DELETE', `/chats/${chatId}`);
    await ada.api.request('DELETE', `/chats/${chatId}`);
    assert.equal((await resolve(first, reportId, { action: 'delete_message' })).status, 200);
    const { context, message } = await detailOf(reportId);
    assert.deepEqual([context, message?.content], [[], 'Buy now!']);
  });

  test('does what the report is about, and nothing with an end that is over', async () => {
    const { ada, grace, chatId } = await newConversation();
    const ofUser = await reported(grace, { user_id: ada.id });
    const ofChat = await reported(grace, { chat_id: chatId });
    const past = '2020-01-01T00:00:00.000Z';
    for (const [id, body] of [
      [ofUser, { action: 'delete_message' }],
      [ofChat, { action: 'suspend_user' }],
      [ofUser, { action: 'suspend_user', until: past }],
      [ofUser, { action: 'dismiss', until: '2099-01-01T00:00:00.000Z' }],
    ] as const) {
      assertError(await resolve(first, id, body), 422, 'validation_failed');
      assert.equal((await detailOf(id)).status, 'open');
    }
    assertError(await resolve(first, 999_999_999, { action: 'dismiss' }), 404, 'report_not_found');
    const ofModerator = await reported(grace, { user_id: second.id });
    assertError(await resolve(first, ofModerator, { action: 'suspend_user' }), 403, 'cannot_suspend_user');
    assert.equal((await detailOf(ofModerator)).status, 'open');
  });
});

suite('a suspended account', () => {
  test('is refused everywhere, its sockets are closed, and all goes on when it is lifted', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { body: tokens } = await logIn(ada);
    const { id } = await send(ada, chatId, 'Buy now!');
    const reportId = await reported(grace, { message_id: id });
    const socket = await ada.connect();
    const { closed } = socket;
    assert.equal((await resolve(first, reportId, { action: 'suspend_user', note: 'Spam' })).status, 200);
    await closed;
    assert.equal(socket.untaken.at(-1)?.['code'], 'account_suspended');
    assertError(await logIn(ada), 403, 'account_suspended');
    const wrong = { username: ada.username, password: 'a wrong password' };
    assertError(await service().request('POST', '/users/login', wrong), 401, 'invalid_credentials');
    const refresh = () =>
      service().request<Tokens>('POST', '/users/refresh', { refresh_token: tokens.refresh_token });
    assertError(await refresh(), 403, 'account_suspended');
    // Functions that have not seen this session before.
    const api = service().as(tokens.access_token);
    for (const [method, path] of [
      ['GET', `/chats/${chatId}`],
      ['POST', '/ws/tickets'],
      ['DELETE', '/users/me'],
    ] as const) {
      assertError(
        await api.request(method, path, method === 'DELETE' ? ada : undefined),
        403,
        'account_suspended',
      );
    }
    await assert.rejects(ada.connect(), /refused/);
    const isOnline = async (): Promise<boolean> =>
      (await grace.api.request<{ online: boolean }>('GET', `/users/${ada.id}`)).body.online;
    // The service hears of the closed sockets by itself.
    while (await isOnline()) await new Promise(setImmediate);
    // Others write on.
    await send(grace, chatId, 'Where are you?');

    assert.equal((await lift(second, ada.id)).status, 204);
    assert.equal((await refresh()).status, 200, 'the same refresh token is good');
    assert.equal((await api.request('GET', `/chats/${chatId}`)).status, 200);
    assert.equal((await ada.api.request<Message>('GET', `/messages/${id}`)).body.content, 'Buy now!');
    const { acts } = await detailOf(reportId);
    assert.deepEqual(
      acts.map(({ action, moderator, until }) => [action, moderator.username, until]),
      [
        ['lift_suspension', second.username, null],
        ['suspend_user', first.username, null],
      ],
    );
  });

  test('gets another end by another suspension, and none by lifting what is lifted', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const end = new Date(Date.now() + 3_600_000).toISOString();
    assert.equal((await suspend(first, ada.id)).status, 204);
    assert.equal((await suspend(second, ada.id, end)).status, 204);
    assert.ok(assertError(await logIn(ada), 403, 'account_suspended').detail.includes(end));
    assert.equal((await lift(first, ada.id)).status, 204);
    assert.equal((await lift(first, ada.id)).status, 204);
    assert.equal((await logIn(ada)).status, 200);
    const { acts } = await detailOf(await reported(grace, { user_id: ada.id }));
    assert.deepEqual(
      acts.map(({ action, until, report_id: id, note }) => [action, until, id, note]),
      [
        ['lift_suspension', null, null, null],
        ['suspend_user', end, null, 'a test'],
        ['suspend_user', null, null, 'a test'],
      ],
    );
  });

  test('is never a moderator’s, and always somebody’s', async () => {
    assertError(await suspend(first, first.id), 403, 'cannot_suspend_user');
    assertError(await suspend(first, second.id), 403, 'cannot_suspend_user');
    assertError(await suspend(first, 999_999_999), 404, 'user_not_found');
    assertError(await lift(first, 999_999_999), 404, 'user_not_found');
    const gone = await newPerson('gone');
    await gone.api.request('DELETE', '/users/me', { password: gone.password });
    assertError(await suspend(first, gone.id), 404, 'user_not_found');
    const ada = await newPerson('ada');
    for (const past of ['2020-01-01T00:00:00.000Z', '0099-01-01T00:00:00.000Z']) {
      assertError(await suspend(first, ada.id, past), 422, 'validation_failed');
    }
    assert.equal((await logIn(ada)).status, 200);
  });

  test('holds in a race of log-ins with it: no session that is begun then works', async () => {
    const ada = await newPerson('ada');
    const [, ...logIns] = await Promise.all([
      suspend(first, ada.id),
      ...Array.from({ length: 8 }, () => logIn(ada)),
    ]);
    for (const { status, body } of logIns) {
      if (status === 403) continue;
      assert.equal(status, 200);
      assertError(
        await service().request('POST', '/users/refresh', { refresh_token: body.refresh_token }),
        403,
        'account_suspended',
      );
      assertError(
        await service().as(body.access_token).request('GET', '/mentions'),
        403,
        'account_suspended',
      );
    }
  });
});
