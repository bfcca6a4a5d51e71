import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Ban } from '../../functions/chats/contract.ts';
import type { Chat, ChatDetail, Page, Participant } from '../../functions/contract/schemas.ts';
import type { Invite, InvitePreview } from '../../functions/invites/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { ChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { isAbout, assertError, newGroup, newPeople, send, type Person } from '../support/people.ts';

const rolesOf = async (person: Person, chatId: number) => {
  const { body } = await person.api.request<ChatDetail>('GET', `/chats/${chatId}`);
  return Object.fromEntries(
    body.participants.map(({ id, role, is_admin: isAdmin }) => [id, [role, isAdmin]]),
  );
};

const setRole = (by: Person, chatId: number, person: Person, body: object) =>
  by.api.request<Participant>('PUT', `/chats/${chatId}/participants/${person.id}`, body);

const edit = (by: Person, chatId: number, body: object) =>
  by.api.request<ChatDetail>('PUT', `/chats/${chatId}`, body);

const ban = (by: Person, chatId: number, person: Pick<Person, 'id'>, body: object = {}) =>
  by.api.request('PUT', `/chats/${chatId}/bans/${person.id}`, body);

const invite = async (by: Person, chatId: number, body: object = {}): Promise<Invite> => {
  const answer = await by.api.request<Invite>('POST', `/chats/${chatId}/invites`, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
};

const accept = (person: Person, { code }: Pick<Invite, 'code'>) =>
  person.api.request<ChatDetail>('POST', `/invites/${code}/accept`);

/** Sends a message over both transports. @returns for each the status, the error code and the time to retry */
const sendBoth = async (person: Person, socket: ChatSocket, chatId: number) => {
  const body = { chat_id: chatId, content: 'Hello' };
  const answer = await person.api.request<{ code?: string; retry_after?: number }>('POST', '/messages', body);
  const ref = randomUUID();
  socket.send({ type: 'message', ...body, client_message_id: ref });
  const frame = await socket.take(
    ({ type, ...rest }) => rest['ref'] === ref || (type === 'ack' && rest['client_message_id'] === ref),
  );
  return [
    [answer.status, answer.body.code, answer.body.retry_after],
    [frame['status_code'] ?? 201, frame['code'], frame['retry_after']],
  ];
};

suite('roles', () => {
  test('who makes a group owns it, and hands it over', async () => {
    const [ada, grace, linus] = await newPeople('ada', 'grace', 'linus');
    const { id, rev } = await newGroup(ada, grace, linus);
    assert.deepEqual(await rolesOf(grace, id), {
      [ada.id]: ['owner', true],
      [grace.id]: ['member', false],
      [linus.id]: ['member', false],
    });
    const socket = await linus.connect();
    assertError(await setRole(grace, id, grace, { role: 'owner' }), 403, 'not_chat_owner');
    assert.equal((await setRole(ada, id, grace, { role: 'admin' })).body.role, 'admin');
    assertError(await setRole(grace, id, grace, { role: 'owner' }), 403, 'not_chat_owner');
    assertError(await setRole(grace, id, ada, { role: 'member' }), 403, 'not_chat_owner');
    assertError(await setRole(grace, id, ada, { is_admin: false }), 403, 'not_chat_owner');
    assertError(
      await grace.api.request('DELETE', `/chats/${id}/participants?user_id=${ada.id}`),
      403,
      'not_chat_owner',
    );
    // The older field keeps its meaning.
    const older = await setRole(grace, id, ada, { is_admin: true });
    assert.deepEqual([older.status, older.body.role, older.body.is_admin], [200, 'owner', true]);
    for (const body of [{}, { role: 'admin', is_admin: true }, { role: 'king' }]) {
      assert.equal((await setRole(ada, id, grace, body)).status, 422, JSON.stringify(body));
    }
    const given = await setRole(ada, id, linus, { role: 'owner' });
    assert.deepEqual([given.status, given.body.role], [200, 'owner']);
    assert.deepEqual(await rolesOf(grace, id), {
      [ada.id]: ['admin', true],
      [grace.id]: ['admin', true],
      [linus.id]: ['owner', true],
    });
    const heard: [number, string, unknown][] = [];
    while (heard.length < 3) {
      const frame = await socket.take(isAbout('participant_updated', id));
      const { id: userId, role } = frame['participant'] as Participant;
      heard.push([userId, role, frame['rev']]);
    }
    assert.deepEqual(
      heard.map(([userId, , at]) => [userId, at]).toSorted((a, b) => Number(a[1]) - Number(b[1])),
      [
        [grace.id, rev + 1],
        [linus.id, rev + 2],
        [ada.id, rev + 3],
      ],
    );
    await socket.close();
    // An admin may step down, and may not be made to by another one.
    assertError(await setRole(ada, id, grace, { role: 'member' }), 403, 'not_chat_owner');
    assert.equal((await setRole(ada, id, ada, { role: 'member' })).body.role, 'member');
    // The owner goes: the admin follows, not the member who is there for longer.
    assert.equal((await linus.api.request('DELETE', `/chats/${id}`)).status, 204);
    assert.deepEqual(await rolesOf(ada, id), { [ada.id]: ['member', false], [grace.id]: ['owner', true] });
    assertError(await setRole(grace, id, grace, { role: 'member' }), 409, 'last_admin');
  });

  test('an account that is deleted hands its groups over', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id } = await newGroup(ada, grace);
    assert.equal((await ada.api.request('DELETE', '/users/me', { password: ada.password })).status, 204);
    assert.deepEqual(await rolesOf(grace, id), { [grace.id]: ['owner', true] });
  });
});

suite('settings of a group', () => {
  test('are changed by admins, heard, and synced', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id, rev, ...made } = await newGroup(ada, grace);
    assert.deepEqual([made.description, made.posting, made.slow_seconds], [null, 'everyone', 0]);
    const socket = await grace.connect();
    const settings = {
      description: 'Every Friday. 🦋'.padEnd(495, '.'),
      posting: 'admins',
      slow_seconds: 3600,
    };
    const { status, body } = await edit(ada, id, settings);
    assert.deepEqual([status, body.name, body.rev], [200, made.name, rev + 1]);
    const { chat } = await socket.take(isAbout('chat_updated', id));
    const { description, posting, slow_seconds } = chat as Chat;
    assert.deepEqual({ description, posting, slow_seconds }, settings);
    await socket.close();
    assert.equal((await edit(ada, id, { posting: 'admins' })).body.rev, rev + 1, 'nothing changed');
    const synced = await grace.api.request<SyncAnswer>('POST', '/sync', { chats: [{ chat_id: id, rev }] });
    assert.equal(synced.body.chats[0]?.chat?.description, settings.description);
    assert.deepEqual(synced.body.chats[0]?.participants?.map(({ role }) => role).toSorted(), [
      'member',
      'owner',
    ]);
    assert.equal((await edit(ada, id, { description: '' })).body.description, null);
    for (const wrong of [
      {},
      { description: 'x'.repeat(501) },
      { posting: 'nobody' },
      { slow_seconds: 3601 },
      { slow_seconds: -1 },
      { slow_seconds: 1.5 },
    ]) {
      assert.equal((await edit(ada, id, wrong)).status, 422, JSON.stringify(wrong));
    }
    assertError(await edit(grace, id, { description: 'Mine' }), 403, 'not_group_admin');
  });

  test('say who may send and how often, over both transports', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id } = await newGroup(ada, grace);
    const [adas, graces] = await Promise.all([ada.connect(), grace.connect()]);
    const allowed = [201, undefined, undefined];
    await edit(ada, id, { posting: 'admins' });
    const refused = [403, 'posting_not_allowed', undefined];
    assert.deepEqual(await sendBoth(grace, graces, id), [refused, refused]);
    assert.deepEqual(await sendBoth(ada, adas, id), [allowed, allowed]);
    const message = await send(ada, id, 'News');
    const reaction = await grace.api.request('PUT', `/messages/${message.id}/reactions/👍`);
    assert.equal(reaction.status, 200, 'reactions are for everybody');

    await edit(ada, id, { posting: 'everyone', slow_seconds: 3600 });
    const [first, second] = await sendBoth(grace, graces, id);
    assert.deepEqual(first, allowed);
    assert.deepEqual(second?.slice(0, 2), [429, 'slow_mode']);
    const wait = Number(second?.[2]);
    assert.ok(wait > 3000 && wait <= 3600, String(wait));
    const again = await grace.api.request('POST', '/messages', { chat_id: id, content: 'Again' });
    assertError(again, 429, 'slow_mode');
    assert.ok(Number(again.headers.get('retry-after')) > 3000);
    assert.deepEqual(await sendBoth(ada, adas, id), [allowed, allowed]);
    await edit(ada, id, { slow_seconds: 0 });
    assert.deepEqual(await sendBoth(grace, graces, id), [allowed, allowed]);
    await Promise.all([adas.close(), graces.close()]);
  });
});

suite('bans', () => {
  test('remove at once, keep out, and end', async () => {
    const [ada, grace, linus] = await newPeople('ada', 'grace', 'linus');
    const { id, rev } = await newGroup(ada, grace, linus);
    await setRole(ada, id, grace, { role: 'admin' });
    const socket = await linus.connect();
    assertError(await ban(linus, id, grace), 403, 'not_group_admin');
    assertError(await ban(grace, id, ada), 403, 'not_chat_owner');
    assertError(await ban(grace, id, grace), 422, 'validation_failed');
    assertError(await ban(ada, id, { id: 4_000_000_000 }), 404, 'user_not_found');
    assert.equal((await ban(grace, id, linus, { reason: 'Spam' })).status, 204);
    const removal = await socket.take(isAbout('participants_removed', id));
    assert.deepEqual([removal['user_ids'], removal['rev']], [[linus.id], rev + 2]);
    assert.equal((await ban(grace, id, linus, { reason: 'Spam!' })).status, 204, 'again');
    assertError(await linus.api.request('GET', `/chats/${id}`), 404, 'chat_not_found');
    const added = await ada.api.request<{ detail: string }>('POST', `/chats/${id}/participants`, {
      user_ids: [linus.id],
    });
    assertError(added, 403, 'banned');
    assert.match(added.body.detail, new RegExp(String.raw`\b${linus.id}\b`));
    const { body: page } = await ada.api.request<Page<Ban>>('GET', `/chats/${id}/bans`);
    assert.deepEqual(
      [
        page.total,
        page.items.map(({ user, banned_by: by, reason, until }) => [user.username, by, reason, until]),
      ],
      [1, [[linus.username, grace.id, 'Spam!', null]]],
    );
    for (const year of ['0000', '0099', '0999']) {
      const refused = await ban(ada, id, linus, { until: `${year}-01-01T00:00:00.000Z` });
      const { errors } = assertError(refused, 422, 'validation_failed');
      assert.deepEqual(
        errors?.map((error) => error.path),
        ['until'],
      );
    }
    // One that has ended does not count.
    const past = new Date(Date.now() - 1000).toISOString();
    assert.equal((await ban(ada, id, linus, { until: past })).status, 204);
    assert.equal((await ada.api.request<Page<Ban>>('GET', `/chats/${id}/bans`)).body.total, 0);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    assert.equal((await ban(ada, id, linus, { until: future })).status, 204);
    assertError(await accept(linus, await invite(ada, id)), 403, 'banned');
    const unban = () => grace.api.request('DELETE', `/chats/${id}/bans/${linus.id}`);
    assert.deepEqual([(await unban()).status, (await unban()).status], [204, 204]);
    assert.equal((await accept(linus, await invite(ada, id))).status, 200);
    // The owner bans an admin, too.
    assert.equal((await ban(ada, id, grace)).status, 204);
    assertError(await grace.api.request('GET', `/chats/${id}`), 404, 'chat_not_found');
    await socket.close();
  });

  test('are for groups', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { body } = await ada.api.request<Chat>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    assertError(await ban(ada, body.id, grace), 403, 'not_group_admin');
    assertError(await ada.api.request('POST', `/chats/${body.id}/invites`, {}), 403, 'not_group_admin');
  });
});

suite('invitations', () => {
  test('are shown, accepted and heard', async () => {
    const [ada, grace, linus] = await newPeople('ada', 'grace', 'linus');
    const { id, rev, name } = await newGroup(ada, linus);
    await send(ada, id, 'Before');
    const made = await invite(ada, id);
    assert.match(made.code, /^[\w-]{22}$/);
    assert.deepEqual([made.max_uses, made.uses, made.created_by], [null, 0, ada.id]);
    const days = (Date.parse(made.expires_at) - Date.now()) / 86_400_000;
    assert.ok(days > 6.9 && days <= 7, String(days));
    const preview = await grace.api.request<InvitePreview>('GET', `/invites/${made.code}`);
    assert.deepEqual(preview.body.chat, { id, name, participant_count: 2, avatar_url: null });
    assert.deepEqual(preview.body.inviter.username, ada.username);
    assert.ok(!('email' in preview.body.inviter));

    const [linuses, graces] = await Promise.all([linus.connect(), grace.connect()]);
    const joined = await accept(grace, made);
    assert.equal(joined.status, 200);
    assert.deepEqual(joined.body.participants.map(({ role }) => role).toSorted(), [
      'member',
      'member',
      'owner',
    ]);
    assert.deepEqual([joined.body.last_read_seq, joined.body.unread_count], [1, 0]);
    const addition = await linuses.take(isAbout('participants_added', id));
    assert.deepEqual([addition['user_ids'], addition['rev']], [[grace.id], rev + 2]);
    await graces.take(isAbout('chat_created', id));
    await Promise.all([linuses.close(), graces.close()]);
    // Again, and by somebody who has been there from the beginning: no use.
    assert.deepEqual([(await accept(grace, made)).status, (await accept(ada, made)).status], [200, 200]);
    const list = () => ada.api.request<Page<Invite>>('GET', `/chats/${id}/invites`);
    assert.deepEqual((await list()).body.items, [{ ...made, uses: 1 }]);

    assertError(await grace.api.request('DELETE', `/invites/${made.code}`), 403, 'not_group_admin');
    const revoke = () => ada.api.request('DELETE', `/invites/${made.code}`);
    assert.equal((await revoke()).status, 204);
    for (const answer of [await revoke(), await accept(grace, made), await accept(ada, { code: 'none' })]) {
      assertError(answer, 404, 'invite_not_found');
    }
    assert.equal((await list()).body.total, 0);
  });

  test('let in as many as they say, however many accept at once', async () => {
    const [ada, ...others] = await newPeople('ada', ...Array.from({ length: 20 }, () => 'guest'));
    const { id } = await newGroup(ada);
    const made = await invite(ada, id, { max_uses: 1 });
    const answers = await Promise.all(others.map((person) => accept(person, made)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers) if (answer.status !== 200) assertError(answer, 410, 'invite_used_up');
    const { body } = await ada.api.request<ChatDetail>('GET', `/chats/${id}`);
    assert.equal(body.participant_count, 2);
    // Who came in gets the same answer when theirs was lost.
    const guest = others.find(({ id: userId }) => body.participants.some((one) => one.id === userId));
    assert.equal(guest && (await accept(guest, made)).status, 200);
    const { body: page } = await ada.api.request<Page<Invite>>('GET', `/chats/${id}/invites`);
    assert.deepEqual(page.items, [], 'one that is used up cannot be used');
  });

  test('outlive the account that made them', async () => {
    const [ada, grace, linus] = await newPeople('ada', 'grace', 'linus');
    const { id } = await newGroup(ada, grace);
    const made = await invite(ada, id);
    assert.equal((await ada.api.request('DELETE', '/users/me', { password: ada.password })).status, 204);
    const preview = await linus.api.request<InvitePreview>('GET', `/invites/${made.code}`);
    assert.equal(preview.body.inviter.username, 'deleted user');
    assert.equal((await accept(linus, made)).status, 200);
    await Promise.all([grace, linus].map((person) => person.api.request('DELETE', `/chats/${id}`)));
    assertError(await accept(linus, made), 404, 'invite_not_found');
  });

  test('go with whoever made them, when others put them out, and stay when they leave', async () => {
    const [ada, grace, linus, guest] = await newPeople('ada', 'grace', 'linus', 'guest');
    const { id } = await newGroup(ada, grace, linus);
    const path = `/chats/${id}/participants`;
    const putOut: Readonly<Record<string, () => Promise<{ readonly status: number }>>> = {
      banned: () => ban(ada, id, grace),
      removed: () => ada.api.request('DELETE', `${path}?user_id=${grace.id}`),
      demoted: () => setRole(ada, id, grace, { role: 'member' }),
      'demoted by the older field': () => setRole(ada, id, grace, { is_admin: false }),
    };
    const kept = await invite(ada, id);
    const bringBack = async (): Promise<void> => {
      await ada.api.request('DELETE', `/chats/${id}/bans/${grace.id}`);
      await ada.api.request('POST', path, { user_ids: [grace.id] });
      assert.equal((await setRole(ada, id, grace, { role: 'admin' })).status, 200);
    };
    for (const [how, act] of Object.entries(putOut)) {
      await bringBack();
      const made = await invite(grace, id);
      assert.ok((await act()).status < 300, how);
      await ada.api.request('DELETE', `/chats/${id}/bans/${grace.id}`);
      for (const person of [guest, grace]) {
        const preview = await person.api.request('GET', `/invites/${made.code}`);
        assertError(preview, 404, 'invite_not_found');
        assertError(await accept(person, made), 404, 'invite_not_found');
      }
      const { body } = await ada.api.request<Page<Invite>>('GET', `/chats/${id}/invites`);
      assert.deepEqual(body.items, [kept], how);
    }
    // By oneself: stepping down, and leaving.
    await bringBack();
    const made = await invite(grace, id);
    assert.equal((await setRole(grace, id, grace, { role: 'member' })).status, 200);
    assert.equal((await grace.api.request('DELETE', `/chats/${id}`)).status, 204);
    assert.equal((await accept(guest, made)).status, 200);
    // Until others say so.
    assert.equal((await ban(ada, id, grace)).status, 204);
    assertError(await accept(guest, made), 404, 'invite_not_found');
  });

  test('say how far they go', async () => {
    const [ada] = await newPeople('ada');
    const { id } = await newGroup(ada);
    for (const wrong of [
      { max_uses: 0 },
      { max_uses: 10_001 },
      { expires_in: 299 },
      { expires_in: 2_592_001 },
      { max_uses: 1.5 },
      { code: 'mine' },
    ]) {
      const { status } = await ada.api.request('POST', `/chats/${id}/invites`, wrong);
      assert.equal(status, 422, JSON.stringify(wrong));
    }
    const { expires_at: expiresAt } = await invite(ada, id, { max_uses: 10_000, expires_in: 300 });
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
    assert.ok(seconds > 280 && seconds <= 300, String(seconds));
  });
});
