import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Message } from '../../functions/contract/schemas.ts';
import { createHttpClient, type HttpAnswer } from '../../lib/bench/plain-http-client.ts';
import { newGroup, newPersonAt, send, type Person } from '../support/people.ts';
import { pushFaults } from '../support/push-faults.ts';
import type { FakeDevice } from '../support/push-service.ts';
import type { Arena } from './arena.ts';
import { assertPushed, deviceOf } from './pushes.ts';
import type { StoreName } from './schedule.ts';

const set = async ({ api }: Person, path: string, body?: object): Promise<void> => {
  const { status } = await api.request('PUT', path, body);
  assert.ok(status < 300, `${path}: ${status}`);
};

/**
 * Breaks every component between a message and its push at least once while messages are sent. Afterwards each device
 * must have received its pushes once, and no device a push that is not for it.
 */
export const playPushFaults = async (arena: Arena): Promise<void> => {
  const { cloud, stores, faults } = arena;
  const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const [ada, grace, edsger, muted, grudging, reader] = await Promise.all(
    ['ada', 'grace', 'edsger', 'muted', 'grudging', 'reader'].map((name) =>
      newPersonAt(api, cloud.websocketUrl, name),
    ),
  );
  assert.ok(ada && grace && edsger && muted && grudging && reader);
  const { id: chatId } = await newGroup(ada, grace, edsger, muted, grudging, reader);
  const [one, another, ofEdsger, ofMuted, ofGrudging, ofReader] = await Promise.all(
    [grace, grace, edsger, muted, grudging, reader].map((person) => deviceOf(arena, person.api)),
  );
  assert.ok(one && another && ofEdsger && ofMuted && ofGrudging && ofReader);
  await Promise.all([
    set(muted, `/chats/${chatId}/notifications`, { level: 'none' }),
    set(grudging, `/users/me/blocks/${ada.id}`),
  ]);
  const ofAda = new Set<number>();
  /** Sends a message until it is stored, like an outbox. */
  const insist = async (content: string): Promise<void> => {
    const request = { chat_id: chatId, content, client_message_id: randomUUID() };
    for (;;) {
      const answer: HttpAnswer<Message> = await ada.api.request('POST', '/messages', request);
      const { status, body: message } = answer;
      if (status < 300) {
        ofAda.add(message.seq);
        return;
      }
      assert.equal(status, 503);
      await arena.whenWhole();
    }
  };
  const has = ({ pushes }: FakeDevice, seqs: readonly number[]): boolean => {
    const pushed = new Set(pushes.map(({ payload }) => payload.seq));
    return seqs.every((seq) => pushed.has(seq));
  };

  // As seen from outside, the functions die between the commit and the queue, which never receives these messages.
  stores.sqs.setMode('refuse');
  await insist('Read before anybody was told');
  const gone = await send(ada, chatId, 'Deleted before anybody was told', { mentions: [muted.id] });
  assert.equal((await ada.api.request('DELETE', `/messages/${gone.id}`)).status, 204);
  assert.equal((await reader.api.request('POST', `/chats/${chatId}/read`, { seq: gone.seq })).status, 200);
  await insist('The queue does not hear of this one either');
  stores.sqs.setMode('pass');
  await arena.sweep();
  await one.until(() => [one, another, ofEdsger, ofReader].every((device) => has(device, [gone.seq + 1])));

  // Each store becomes unreachable for a short time while messages are sent.
  for (const name of ['mysql', 'mongodb', 'dynamodb', 'sqs'] satisfies StoreName[]) {
    const sends = Array.from({ length: 4 }, (_, index) => insist(`${index} while ${name} is away`));
    stores[name].onNextRequest('after', () => stores[name].setMode('refuse'));
    await stores[name].whenRefusing();
    await ada.api.request('GET', `/chats/${chatId}`);
    stores[name].setMode('pass');
    await Promise.all(sends);
  }

  // Consumers die at every possible point, and messages are delivered twice, until each fault has occurred three times.
  for (const fault of pushFaults) faults.plan(fault, 3);
  for (let count = 0; pushFaults.some((fault) => faults.happened[fault] < 3); count += 1) {
    assert.ok(count < 100, JSON.stringify(faults.happened));
    await Promise.all([insist(`Number ${count}`), insist(`Number ${count}, too`)]);
    await arena.sweep();
  }
  arena.heal();
  // By sending a message, the sender has read the earlier ones, and must not get pushes for them.
  await arena.sweep();
  await one.until(() => has(ofEdsger, [...ofAda]));
  await send(edsger, chatId, 'From somebody whom nobody has blocked');
  await arena.sweep();

  const last = ofAda.size + 2;
  const all = Array.from({ length: last }, (_, index) => index + 1).filter((seq) => seq !== gone.seq);
  const expected = new Map<FakeDevice, number[]>([
    [one, all],
    [another, all],
    [ofEdsger, all.filter((seq) => seq !== last)],
    [ofReader, all.filter((seq) => seq > gone.seq)],
    [ofMuted, []],
    [ofGrudging, [last]],
  ]);
  await one.until(() => [...expected].every(([device, seqs]) => has(device, seqs)));
  // Anything that is left in the queues is a repetition: it is handled before the pushes of another message and another
  // sweep.
  await send(edsger, chatId, 'The end');
  await arena.sweep();
  for (const device of [one, another, ofReader, ofGrudging]) expected.get(device)?.push(last + 1);
  await one.until(() => [...expected].every(([device, seqs]) => has(device, seqs)));
  for (const [device, seqs] of expected) {
    assert.ok(has(device, seqs));
    assertPushed(arena, device, (payload) => seqs.includes(payload.seq));
  }
  assert.equal(await arena.deadLetters(), 0);
};
