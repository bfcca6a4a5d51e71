import assert from 'node:assert/strict';
import { createPublicKey, randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import jwt from 'jsonwebtoken';
import type { ChatDetail, Message, Page } from '../../functions/contract/schemas.ts';
import type { Device, Unread } from '../../functions/notifications/contract.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { Info } from '../../functions/system/contract.ts';
import { newGroup, newModerators, newPeople, send, service, type Person } from '../support/people.ts';
import { webPushDevice } from '../support/devices.ts';
import { startPushService, type FakeDevice, type FakePushService } from '../support/push-service.ts';

let pushes: FakePushService;
before(async () => {
  pushes = await startPushService();
});
after(() => pushes.stop());

/** Registers a push device of a user. */
const deviceOf = async ({ api }: Pick<Person, 'api'>): Promise<FakeDevice> => {
  const device = pushes.newDevice();
  const { status } = await api.request('POST', '/users/me/devices', webPushDevice(device));
  assert.equal(status, 201);
  return device;
};

const newDirect = async (one: Person, other: Person): Promise<number> => {
  const body = { chat_type: 'direct', participant_ids: [other.id] };
  return (await one.api.request<ChatDetail>('POST', '/chats', body)).body.id;
};

/**
 * Returns a function that waits until all earlier messages of a chat have been handled: it sends another message and
 * waits for its push to the witness's device.
 */
const withWitness = async (witness: Person, chatId: number, sender: Person): Promise<() => Promise<void>> => {
  const device = await deviceOf(witness);
  return async () => {
    const { seq } = await send(sender, chatId, 'The witness sees this');
    for (let count = 1; !device.requests.some(({ payload }) => payload.seq === seq); count += 1) {
      await device.requested(count);
    }
  };
};

const seqsOf = (device: FakeDevice): number[] =>
  device.pushes.map(({ payload }) => payload.seq).toSorted((a, b) => a - b);

suite('a push', () => {
  test('reaches who is away at once, encrypted and signed as the standards say', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await newDirect(ada, grace);
    const device = await deviceOf(grace);
    const message = await send(ada, chatId, `We meet at nine ${'🚲'.repeat(300)}`);
    const [push] = await device.requested(1);
    assert.ok(push !== undefined);
    assert.deepEqual(push.payload, {
      type: 'message',
      chat_id: chatId,
      id: message.id,
      seq: 1,
      chat_name: null,
      sender_username: ada.username,
      preview: Array.from(message.content ?? '')
        .slice(0, 200)
        .join(''),
      mention: false,
      unread_total: 1,
    });
    assert.ok(push.bytes <= 4096, String(push.bytes));
    const { ttl, urgency, topic, authorization, 'content-encoding': encoding } = push.headers;
    assert.deepEqual([ttl, urgency, encoding], ['86400', 'high', 'aes128gcm']);
    assert.match(String(topic), /^[\w-]{1,32}$/);

    const { vapid_public_key: key, kinds } = (await service().request<Info>('GET', '/info')).body.push;
    assert.deepEqual(kinds, ['web_push']);
    const [, token = '', sentKey] = /^vapid t=(\S+), k=(\S+)$/.exec(authorization ?? '') ?? [];
    assert.equal(sentKey, key);
    const point = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
    });
    const claims = jwt.verify(token, publicKey, { algorithms: ['ES256'], audience: pushes.origin });
    assert.ok(typeof claims !== 'string' && claims.exp !== undefined);
    assert.ok(claims.exp <= Date.now() / 1000 + 24 * 60 * 60);
    assert.match(String(claims.sub), /^mailto:/);
  });

  test('goes to each device once, whatever is sent meanwhile, with one topic a chat', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const { id: chatId } = await newGroup(ada, grace, edsger);
    const direct = await newDirect(ada, grace);
    const devices = await Promise.all([deviceOf(grace), deviceOf(grace), deviceOf(edsger)]);
    const adas = await deviceOf(ada);
    const count = 15;
    await Promise.all(Array.from({ length: count }, (_, index) => send(ada, chatId, `Number ${index}`)));
    const expected = Array.from({ length: count }, (_, index) => index + 1);
    for (const device of devices) {
      await device.requested(count);
      assert.deepEqual(seqsOf(device), expected);
      const topics = new Set(device.pushes.map(({ headers }) => headers['topic']));
      assert.equal(topics.size, 1);
      assert.ok(device.pushes.every(({ headers }) => headers['urgency'] === 'normal'));
    }
    await send(ada, direct, 'Just you');
    await Promise.all([devices[0]?.requested(count + 1), devices[1]?.requested(count + 1)]);
    assert.equal(new Set(devices[0]?.pushes.map(({ headers }) => headers['topic'])).size, 2);
    assert.equal(devices[2]?.requests.length, count);
    assert.deepEqual(adas.requests, [], 'nobody is pushed what they wrote');
  });

  test('waits for who is connected, and goes at once to who is away', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const { id: chatId } = await newGroup(ada, grace, edsger);
    const [away, here] = [await deviceOf(grace), await deviceOf(edsger)];
    const socket = await edsger.connect();
    const startedAt = Date.now();
    await send(ada, chatId, 'Both of you');
    await away.requested(1);
    await here.requested(1);
    assert.ok(Date.now() - startedAt >= 1000, 'not before it has been in front of them');
    assert.deepEqual([seqsOf(away), seqsOf(here)], [[1], [1]]);
    await send(ada, chatId, 'Read this');
    await here.requested(2);
    await socket.close();
    const scoped = await edsger.connect(await newDirect(edsger, ada));
    await send(ada, chatId, 'A connection that does not carry the chat is none');
    await Promise.all([away.requested(3), here.requested(3)]);
    await scoped.close();
  });

  test('keeps to levels, mutes and quiet hours', async () => {
    const [ada, grace, witness] = await newPeople('ada', 'grace', 'witness');
    const { id: chatId } = await newGroup(ada, grace, witness);
    const settled = await withWitness(witness, chatId, ada);
    const device = await deviceOf(grace);
    const set = (body: object) => grace.api.request('PUT', `/chats/${chatId}/notifications`, body);
    const own = (body: object) => grace.api.request('PUT', '/users/me/notifications', body);
    const mention = { mentions: [grace.id] };
    const pushedSince = async (): Promise<number> => {
      await settled();
      return device.requests.splice(0).filter(({ payload }) => payload.preview !== 'The witness sees this')
        .length;
    };

    await set({ level: 'none' });
    await send(ada, chatId, 'none', mention);
    assert.equal(await pushedSince(), 0);
    await set({ level: 'mentions' });
    await send(ada, chatId, 'not you');
    await send(ada, chatId, 'you', mention);
    await send(ada, chatId, 'all', { mention_all: true });
    await device.requested(2);
    assert.deepEqual(
      device.requests.map(({ payload, headers }) => [payload.mention, headers['urgency']]),
      [
        [true, 'high'],
        [true, 'high'],
      ],
    );
    assert.equal(await pushedSince(), 2);
    await set({ level: 'all', muted_until: new Date(Date.now() + 3_600_000).toISOString() });
    await send(ada, chatId, 'muted', mention);
    assert.equal(await pushedSince(), 0);
    await set({ muted_until: new Date(Date.now() - 1000).toISOString() });
    await own({ preview: true, quiet: { from: '00:00', to: '00:00', time_zone: 'Asia/Kolkata' } });
    await send(ada, chatId, 'quiet', mention);
    assert.equal(await pushedSince(), 0);
    await own({ preview: false, quiet: null });
    await send(ada, chatId, 'a secret', mention);
    await device.requested(1);
    assert.equal(device.requests[0]?.payload.preview, null);
    await own({ preview: true, quiet: null });
    const { body: unread } = await grace.api.request<Unread>('GET', '/users/me/unread');
    assert.equal(device.requests[0].payload.unread_total, unread.unread_total);
  });

  test('does not come to a device whose session has ended', async () => {
    const [ada, grace, witness] = await newPeople('ada', 'grace', 'witness');
    const { id: chatId } = await newGroup(ada, grace, witness);
    const settled = await withWitness(witness, chatId, ada);
    const { username, password } = grace;
    const login = await service().request<Tokens>('POST', '/users/login', { username, password });
    const ended = await deviceOf({ api: service().as(login.body.access_token) });
    const stays = await deviceOf(grace);
    await service().request('POST', '/users/logout', { refresh_token: login.body.refresh_token });
    await send(ada, chatId, 'one');
    await stays.requested(1);
    await settled();
    assert.deepEqual(ended.requests, []);
    const devices = (await grace.api.request<Page<Device>>('GET', '/users/me/devices')).body.items;
    assert.equal(devices.length, 1);
  });

  test('does not come to a suspended account, and comes to the same device when the suspension is lifted', async () => {
    const [ada, grace, witness] = await newPeople('ada', 'grace', 'witness');
    const [moderator] = await newModerators();
    assert.ok(moderator !== undefined);
    const suspension = `/moderation/suspensions/${grace.id}`;
    const { id: chatId } = await newGroup(ada, grace, witness);
    const settled = await withWitness(witness, chatId, ada);
    const device = await deviceOf(grace);
    await moderator.api.request('PUT', suspension, { until: null, reason: 'a test' });
    await send(ada, chatId, 'not for you');
    await settled();
    assert.deepEqual(device.requests, []);
    await moderator.api.request('DELETE', suspension);
    const { seq } = await send(ada, chatId, 'for you again');
    await device.requested(1);
    assert.deepEqual(seqsOf(device), [seq]);
  });
});

suite('a push service', () => {
  test('that knows a device no longer has it forgotten', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await newDirect(ada, grace);
    for (const status of [404, 410]) {
      const [gone, stays] = [await deviceOf(grace), await deviceOf(grace)];
      gone.answers.push({ status });
      await send(ada, chatId, 'one');
      await Promise.all([gone.requested(1), stays.requested(1)]);
      const devices = async () =>
        (await grace.api.request<Page<Device>>('GET', '/users/me/devices')).body.total;
      while ((await devices()) > 1) await send(ada, chatId, 'another');
      assert.equal(gone.requests.length, 1, 'a device that is gone is asked once');
      const [left] = (await grace.api.request<Page<Device>>('GET', '/users/me/devices')).body.items;
      await grace.api.request('DELETE', `/users/me/devices/${left?.id}`);
    }
  });

  test('that fails is asked again, and the push arrives once', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await newDirect(ada, grace);
    const device = await deviceOf(grace);
    device.answers.push(
      { status: 500 },
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 503, headers: { 'retry-after': '1' } },
    );
    await send(ada, chatId, 'Insist');
    await device.requested(4);
    assert.deepEqual(seqsOf(device), [1]);
  });

  test('that goes on failing is asked five times in all', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await newDirect(ada, grace);
    const [device, witness] = [await deviceOf(grace), await deviceOf(grace)];
    const later = (seconds: number) => ({ status: 503, headers: { 'retry-after': String(seconds) } });
    device.answers.push(...Array.from({ length: 6 }, () => later(1)));
    await send(ada, chatId, 'In vain');
    await Promise.all([device.requested(5), witness.requested(1)]);
    // A sixth attempt would be ahead of the second one at this.
    witness.answers.push(later(3));
    const { seq } = await send(ada, chatId, 'Meanwhile');
    await witness.requested(3);
    assert.deepEqual(
      device.requests.filter((push) => push.payload.seq !== seq).map((push) => push.payload.seq),
      [1, 1, 1, 1, 1],
    );
  });

  test('that fails is not asked again for what its user is not to be pushed any more', async () => {
    const [ada, witness, reader, leaver, remover, ended, direct] = await newPeople(
      'ada',
      'witness',
      'reader',
      'leaver',
      'remover',
      'ended',
      'direct',
    );
    const { id: chatId } = await newGroup(ada, witness, reader, leaver, remover, ended);
    const directId = await newDirect(ada, direct);
    const later = (seconds: number) => ({ status: 503, headers: { 'retry-after': String(seconds) } });
    const deviceLater = async (person: Pick<Person, 'api'>, seconds: number): Promise<FakeDevice> => {
      const device = await deviceOf(person);
      device.answers.push(later(seconds));
      return device;
    };
    const { username, password } = ended;
    const login = await service().request<Tokens>('POST', '/users/login', { username, password });
    const devices = await Promise.all(
      [reader, leaver, remover, { api: service().as(login.body.access_token) }, direct].map((person) =>
        deviceLater(person, 2),
      ),
    );
    const stays = await deviceLater(witness, 4);
    await send(ada, chatId, 'Here today');
    const unwanted = await send(ada, directId, 'I regret this');
    await Promise.all([...devices, stays].map((device) => device.requested(1)));
    const [removed] = (await remover.api.request<Page<Device>>('GET', '/users/me/devices')).body.items;
    const answers = await Promise.all([
      reader.api.request('POST', `/chats/${chatId}/read`, { seq: 1 }),
      leaver.api.request('DELETE', `/chats/${chatId}`),
      remover.api.request('DELETE', `/users/me/devices/${removed?.id}`),
      service().request('POST', '/users/logout', { refresh_token: login.body.refresh_token }),
      ada.api.request('DELETE', `/messages/${unwanted.id}`),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 204, 204, 204, 204],
    );
    await stays.requested(2);
    assert.deepEqual(
      devices.map(({ requests }) => requests.length),
      [1, 1, 1, 1, 1],
    );
    assert.deepEqual(seqsOf(stays), [1]);
  });

  test('that redirects is not followed, and one that refuses is not asked again', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await newDirect(ada, grace);
    const [device, elsewhere] = [await deviceOf(grace), pushes.newDevice()];
    device.answers.push({ status: 307, headers: { location: elsewhere.endpoint } }, { status: 400 });
    await send(ada, chatId, 'one');
    await device.requested(1);
    await send(ada, chatId, 'two');
    await device.requested(2);
    await send(ada, chatId, 'three');
    await device.requested(3);
    assert.deepEqual([seqsOf(device), elsewhere.requests], [[3], []]);
  });
});

test('a message that is sent again is not pushed again', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const chatId = await newDirect(ada, grace);
  const device = await deviceOf(grace);
  const body = { chat_id: chatId, content: 'Once', client_message_id: randomUUID() };
  await Promise.all([1, 2, 3].map(() => ada.api.request<Message>('POST', '/messages', body)));
  await send(ada, chatId, 'The end');
  await device.requested(2);
  assert.deepEqual(seqsOf(device), [1, 2]);
});
