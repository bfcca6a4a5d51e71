import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, Page } from '../../functions/contract/schemas.ts';
import type { Device, NotificationSettings, Unread } from '../../functions/notifications/contract.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import { newEndpoint, newSubscription, webPushDevice } from '../support/devices.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  newPerson,
  send,
  service,
  type Person,
} from '../support/people.ts';

const register = (
  person: Pick<Person, 'api'>,
  body: object = webPushDevice(newSubscription(newEndpoint())),
) => person.api.request<Device>('POST', '/users/me/devices', body);
const devicesOf = async (person: Pick<Person, 'api'>): Promise<Device[]> =>
  (await person.api.request<Page<Device>>('GET', '/users/me/devices?limit=100')).body.items;
const logIn = async ({ username, password }: Person) => {
  const { body } = await service().request<Tokens>('POST', '/users/login', { username, password });
  return { api: service().as(body.access_token), refreshToken: body.refresh_token };
};

suite('devices', () => {
  test('are registered, known again, listed and removed', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const subscription = newSubscription(newEndpoint());
    const first = await register(ada, webPushDevice(subscription, 'Desk'));
    assert.equal(first.status, 201);
    assert.deepEqual([first.body.kind, first.body.name], ['web_push', 'Desk']);
    const again = await register(ada, webPushDevice(subscription));
    // Apps register at each start: what they leave out stays.
    assert.deepEqual(again.body, first.body);
    assert.equal(again.status, 200);
    const nameless = { ...webPushDevice(subscription), name: null };
    assert.deepEqual((await register(ada, nameless)).body, { ...first.body, name: null });
    assert.deepEqual((await register(ada, webPushDevice(subscription, 'Desk'))).body, first.body);
    const phone = await register(ada, { kind: 'fcm', token: randomUUID(), name: 'Phone' });
    assert.equal(phone.status, 201);
    assert.deepEqual(await devicesOf(ada), [phone.body, again.body]);
    assert.deepEqual(await devicesOf(grace), []);

    assertError(
      await grace.api.request('DELETE', `/users/me/devices/${first.body.id}`),
      404,
      'device_not_found',
    );
    assert.equal((await ada.api.request('DELETE', `/users/me/devices/${first.body.id}`)).status, 204);
    assertError(
      await ada.api.request('DELETE', `/users/me/devices/${first.body.id}`),
      404,
      'device_not_found',
    );
    assert.deepEqual(await devicesOf(ada), [phone.body]);
  });

  test('are whose they were registered for last', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const subscription = newSubscription(newEndpoint());
    await register(ada, webPushDevice(subscription, 'Ada’s desk'));
    const moved = await register(grace, webPushDevice(subscription));
    assert.deepEqual([moved.status, moved.body.name], [200, null]);
    assert.deepEqual(await devicesOf(ada), []);
    assert.deepEqual(await devicesOf(grace), [moved.body]);
  });

  test('registered by many at once are one', async () => {
    const people = await newPeople('a', 'b', 'c', 'd');
    const device = webPushDevice(newSubscription(newEndpoint()));
    const answers = await Promise.all(people.map((person) => register(person, device)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)).has(500), false);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    const lists = await Promise.all(people.map(devicesOf));
    assert.equal(lists.flat().length, 1);
  });

  test('are twenty at most: the oldest goes', async () => {
    const ada = await newPerson('ada');
    const ids = [];
    for (let index = 0; index < 21; index += 1) ids.push((await register(ada)).body.id);
    assert.deepEqual(
      (await devicesOf(ada)).map(({ id }) => id),
      ids.slice(1).toReversed(),
    );
  });

  test('end with their session, however it ends', async () => {
    const ada = await newPerson('ada');
    await register(ada);
    const other = await logIn(ada);
    await register(other);
    assert.equal((await devicesOf(ada)).length, 2);
    await service().request('POST', '/users/logout', { refresh_token: other.refreshToken });
    assert.equal((await devicesOf(ada)).length, 1);
    await register(await logIn(ada));
    const passwords = { current_password: ada.password, new_password: 'a moth in the relay' };
    assert.equal((await ada.api.request('POST', '/users/me/password', passwords)).status, 204);
    assert.equal((await devicesOf(ada)).length, 1);
  });

  test('have endpoints at push services only', async () => {
    const ada = await newPerson('ada');
    const hostile = [
      'http://updates.push.services.mozilla.com/wpush/v2/x',
      'http://169.254.169.254/latest/meta-data',
      'https://169.254.169.254/latest/meta-data',
      'https://127.0.0.1/x',
      'https://[::1]/x',
      'https://[::ffff:127.0.0.1]/x',
      'https://2130706433/x',
      'http://localhost/x',
      'https://localhost.example.org/x',
      'https://example.org/x',
      'https://fcm.googleapis.com:8443/x',
      'https://fcm.googleapis.com.example.org/x',
      'https://fcm.googleapis.com@example.org/x',
      'https://example.org/fcm.googleapis.com',
      'https://example.org#.push.services.mozilla.com',
      'https://user:secret@fcm.googleapis.com/x',
      'https://push.services.mozilla.com/x',
      'https://.push.services.mozilla.com/x',
      'https://evilpush.apple.com/x',
      'https://fcm.googleapis.com./x',
      'ftp://fcm.googleapis.com/x',
      'javascript:alert(1)',
      'not a url',
      '',
    ];
    for (const endpoint of hostile) {
      const answer = await register(ada, webPushDevice(newSubscription(endpoint)));
      const { errors } = assertError(answer, 422, 'endpoint_not_allowed');
      assert.deepEqual(
        errors?.map(({ path }) => path),
        ['endpoint'],
        endpoint,
      );
    }
    const allowed = [
      `https://fcm.googleapis.com/fcm/send/${randomUUID()}`,
      `https://web.push.apple.com/${randomUUID()}`,
      `https://wns2-by3p.notify.windows.com/w/?token=${randomUUID()}`,
      `HTTPS://FCM.GOOGLEAPIS.COM:443/fcm/send/${randomUUID()}`,
    ];
    for (const endpoint of allowed) {
      assert.equal((await register(ada, webPushDevice(newSubscription(endpoint)))).status, 201, endpoint);
    }
  });

  test('have keys that are a point of the curve and 16 bytes, and what their kind takes', async () => {
    const ada = await newPerson('ada');
    const { endpoint, keys } = newSubscription(newEndpoint());
    const offCurve = Buffer.alloc(65, 7);
    offCurve[0] = 4;
    const wrong: [string, object][] = [
      [
        'keys.p256dh',
        { kind: 'web_push', endpoint, keys: { ...keys, p256dh: offCurve.toString('base64url') } },
      ],
      ['keys.p256dh', { kind: 'web_push', endpoint, keys: { ...keys, p256dh: 'short' } }],
      ['keys.auth', { kind: 'web_push', endpoint, keys: { ...keys, auth: 'short' } }],
      ['keys', { kind: 'web_push', endpoint }],
      ['endpoint', { kind: 'web_push', keys }],
      ['token', { kind: 'fcm' }],
      ['token', { kind: 'fcm', token: 'with space' }],
      ['endpoint', { kind: 'fcm', token: 'x', endpoint }],
      ['kind', { kind: 'apns', token: 'x' }],
    ];
    for (const [path, body] of wrong) {
      const { errors } = assertError(await register(ada, body), 422, 'validation_failed');
      assert.deepEqual(
        errors?.map((error) => error.path),
        [path],
        JSON.stringify(body),
      );
    }
  });
});

suite('settings of a chat', () => {
  const set = (person: Person, chatId: number, body: object) =>
    person.api.request('PUT', `/chats/${chatId}/notifications`, body);

  test('are the user’s own, and reach their other devices and a sync', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId, notifications, rev } = await newGroup(ada, grace);
    assert.deepEqual(notifications, { level: 'all', muted_until: null });
    const [adas, graces] = await Promise.all([ada.connect(), grace.connect()]);

    const muted = { level: 'mentions', muted_until: '2100-01-01T00:00:00.000Z' };
    const answer = await set(ada, chatId, muted);
    assert.deepEqual([answer.status, answer.body], [200, { chat_id: chatId, ...muted }]);
    const told = await adas.take(isAbout('chat_updated', chatId));
    assert.deepEqual((told['chat'] as Chat).notifications, muted);
    assert.equal(told['rev'], rev + 1);
    assert.deepEqual(await set(ada, chatId, { level: 'mentions' }), answer, 'nothing changes');
    assert.deepEqual(
      (await drainFrames(adas)).filter(({ type }) => type === 'chat_updated'),
      [],
    );
    assert.deepEqual(
      (await drainFrames(graces)).filter(({ type }) => type === 'chat_updated'),
      [],
    );

    const asked = { chats: [{ chat_id: chatId, rev }] };
    const adasSync = (await ada.api.request<SyncAnswer>('POST', '/sync', asked)).body.chats[0];
    assert.deepEqual([adasSync?.rev, adasSync?.chat?.notifications], [rev + 1, muted]);
    const gracesSync = (await grace.api.request<SyncAnswer>('POST', '/sync', asked)).body.chats[0];
    assert.deepEqual([gracesSync?.rev, gracesSync?.chat, gracesSync?.messages], [rev + 1, null, []]);
    const seen = await grace.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    assert.deepEqual(seen.body.notifications, { level: 'all', muted_until: null });
    await Promise.all([adas.close(), graces.close()]);

    const loud = await set(ada, chatId, { muted_until: null });
    assert.deepEqual(loud.body, { chat_id: chatId, level: 'mentions', muted_until: null });
    assertError(await set(ada, chatId, { level: 'some' }), 422, 'validation_failed');
    assertError(await set(ada, chatId, { muted_until: 'tomorrow' }), 422, 'validation_failed');
    assertError(await set(await newPerson(), chatId, { level: 'none' }), 404, 'chat_not_found');
  });

  test('take any end that the store holds, in the past too, and refuse what it would read as another', async () => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    const current = async () => (await ada.api.request<Chat>('GET', `/chats/${chatId}`)).body;
    for (const until of [
      '1000-01-01T00:00:00.000Z',
      '2020-02-29T23:59:59.999Z',
      '9999-12-31T23:59:59.999Z',
    ]) {
      const answer = await set(ada, chatId, { muted_until: until });
      assert.deepEqual(
        [answer.status, answer.body],
        [200, { chat_id: chatId, level: 'all', muted_until: until }],
      );
      const { notifications, rev } = await current();
      assert.equal(notifications.muted_until, until);
      await set(ada, chatId, { muted_until: until });
      assert.equal((await current()).rev, rev, 'what changes nothing takes no rev');
    }
    const before = await current();
    for (const year of ['0000', '0001', '0069', '0070', '0099', '0100', '0999']) {
      const answer = await set(ada, chatId, { muted_until: `${year}-01-01T00:00:00.000Z` });
      const { errors } = assertError(answer, 422, 'validation_failed');
      assert.deepEqual(
        errors?.map(({ path }) => path),
        ['muted_until'],
      );
    }
    assert.deepEqual(await current(), before);
  });

  test('take a time as the libraries of languages write it, and show it in UTC with milliseconds', async () => {
    const ada = await newPerson('ada');
    const { id: chatId } = await newGroup(ada);
    for (const [given, shown] of [
      ['2100-01-01T00:00:00Z', '2100-01-01T00:00:00.000Z'],
      ['2100-01-01T05:30:00.123456+05:30', '2100-01-01T00:00:00.123Z'],
      ['2099-12-31T23:00:00.5-01:00', '2100-01-01T00:00:00.500Z'],
    ]) {
      const { status, body } = await set(ada, chatId, { muted_until: given });
      assert.deepEqual([status, (body as { muted_until: string }).muted_until], [200, shown], given);
    }
    const beyond = [
      '9999-12-31T23:59:00-01:00',
      '2100-02-30T00:00:00Z',
      '2100-01-01',
      '2100-01-01T00:00:00',
      '2100-01-01T00:00Z',
    ];
    for (const given of beyond) {
      assertError(await set(ada, chatId, { muted_until: given }), 422, 'validation_failed');
    }
  });

  test('that change at once take a rev each', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId, rev } = await newGroup(ada, grace);
    const bodies = [{ level: 'mentions' }, { muted_until: '2100-01-01T00:00:00.000Z' }];
    await Promise.all(bodies.map((body) => set(ada, chatId, body)));
    await Promise.all([set(grace, chatId, { level: 'none' }), set(grace, chatId, { level: 'none' })]);
    const { body } = await ada.api.request<Chat>('GET', `/chats/${chatId}`);
    assert.deepEqual(body.notifications, { level: 'mentions', muted_until: '2100-01-01T00:00:00.000Z' });
    assert.equal(body.rev, rev + 3);
  });
});

suite('settings of all chats', () => {
  test('are kept, with a time zone that there is', async () => {
    const ada = await newPerson('ada');
    const get = async () =>
      (await ada.api.request<NotificationSettings>('GET', '/users/me/notifications')).body;
    assert.deepEqual(await get(), { preview: true, quiet: null });
    const quiet = { from: '22:00', to: '07:00', time_zone: 'Europe/Berlin' };
    for (const settings of [
      { preview: false, quiet },
      { preview: true, quiet: null },
    ]) {
      const answer = await ada.api.request('PUT', '/users/me/notifications', settings);
      assert.deepEqual([answer.status, answer.body], [200, settings]);
      assert.deepEqual(await get(), settings);
    }
    const wrong: [string, object][] = [
      ['quiet.time_zone', { preview: true, quiet: { ...quiet, time_zone: 'Europe/Atlantis' } }],
      ['quiet.time_zone', { preview: true, quiet: { ...quiet, time_zone: '+02:00' } }],
      ['quiet.from', { preview: true, quiet: { ...quiet, from: '24:00' } }],
      ['preview', { quiet: null }],
    ];
    for (const [path, body] of wrong) {
      const answer = await ada.api.request('PUT', '/users/me/notifications', body);
      assert.deepEqual(
        assertError(answer, 422, 'validation_failed').errors?.map((error) => error.path),
        [path],
      );
    }
  });

  test('what is unread in total leaves muted chats out', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const [one, two] = [await newGroup(ada, grace), await newGroup(ada, grace)];
    const unread = async () => (await grace.api.request<Unread>('GET', '/users/me/unread')).body;
    assert.deepEqual(await unread(), { unread_total: 0, mention_total: 0 });
    await send(ada, one.id, 'one', { mentions: [grace.id] });
    await send(ada, one.id, 'two');
    await send(ada, two.id, 'three', { mention_all: true });
    assert.deepEqual(await unread(), { unread_total: 3, mention_total: 2 });
    const mute = (mutedUntil: string | null) =>
      grace.api.request('PUT', `/chats/${two.id}/notifications`, { muted_until: mutedUntil });
    await mute('2100-01-01T00:00:00.000Z');
    assert.deepEqual(await unread(), { unread_total: 2, mention_total: 1 });
    await mute('2020-01-01T00:00:00.000Z');
    assert.deepEqual(await unread(), { unread_total: 3, mention_total: 2 });
    await grace.api.request('POST', `/chats/${one.id}/read`, { seq: 2 });
    assert.deepEqual(await unread(), { unread_total: 1, mention_total: 1 });
  });
});
