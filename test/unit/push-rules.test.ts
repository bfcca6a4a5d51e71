import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pushHostsIn, readEndpoint } from '../../functions/notifications/endpoints.ts';
import {
  decideNotification,
  isInQuietHours,
  type Notable,
  type Recipient,
} from '../../functions/notifications/rules.ts';
import { isPublicAddress } from '../../functions/gateways/push-request.ts';

const now = new Date('2026-03-10T12:00:00.000Z');
const HOLD_MS = 10_000;
const ADA = 1;
const GRACE = 2;

const message: Notable = { seq: 5, senderId: ADA, sentAt: now, mentions: [], mentionsAll: false };
const recipient: Recipient = {
  userId: GRACE,
  lastReadSeq: 4,
  level: 'all',
  mutedUntil: null,
  quiet: null,
  hasBlockedSender: false,
  isConnected: false,
};
const always = { from: '00:00', to: '00:00', time_zone: 'UTC' };
const mention = { mentions: [GRACE] };

const decided = (about: Partial<Notable>, to: Partial<Recipient>): string =>
  decideNotification({ ...message, ...about }, { ...recipient, ...to }, now, HOLD_MS);

suite('who is pushed', () => {
  const cases: readonly [string, Partial<Notable>, Partial<Recipient>, string][] = [
    ['somebody who is away', {}, {}, 'push'],
    ['not the sender', {}, { userId: ADA }, 'skip'],
    ['not the sender of a mention of all', { mentionsAll: true }, { userId: ADA }, 'skip'],
    ['not who has read it', {}, { lastReadSeq: 5 }, 'skip'],
    ['not who has read further', {}, { lastReadSeq: 9 }, 'skip'],
    ['not who blocked the sender', mention, { hasBlockedSender: true }, 'skip'],
    ['not at the level none, by a mention neither', mention, { level: 'none' }, 'skip'],
    ['not at the level mentions', {}, { level: 'mentions' }, 'skip'],
    ['a mention at the level mentions', mention, { level: 'mentions' }, 'push'],
    ['a mention of all at the level mentions', { mentionsAll: true }, { level: 'mentions' }, 'push'],
    ['not by a mention of others', { mentions: [3] }, { level: 'mentions' }, 'skip'],
    ['not while muted, by a mention neither', mention, { mutedUntil: new Date(now.getTime() + 1) }, 'skip'],
    ['again when the mute is over', {}, { mutedUntil: now }, 'push'],
    ['not in quiet hours, by a mention neither', mention, { quiet: always }, 'skip'],
    ['who is connected, later', {}, { isConnected: true }, 'hold'],
    ['who is connected and has read', {}, { isConnected: true, lastReadSeq: 5 }, 'skip'],
    [
      'who is connected, a moment before',
      { sentAt: new Date(now.getTime() - HOLD_MS + 1) },
      { isConnected: true },
      'hold',
    ],
    [
      'who is connected, when the time is over',
      { sentAt: new Date(now.getTime() - HOLD_MS) },
      { isConnected: true },
      'push',
    ],
    [
      'who is connected and muted',
      {},
      { isConnected: true, mutedUntil: new Date(now.getTime() + 1) },
      'skip',
    ],
  ];
  for (const [name, about, to, expected] of cases) {
    test(name, () => assert.equal(decided(about, to), expected));
  }
});

test('quiet hours are those of the person’s time zone, over midnight and over summer time', () => {
  const berlin = { from: '22:00', to: '07:00', time_zone: 'Europe/Berlin' };
  const cases: readonly [string, boolean][] = [
    // Winter: an hour ahead of UTC.
    ['2026-01-10T20:59:00Z', false],
    ['2026-01-10T21:00:00Z', true],
    ['2026-01-11T05:59:59Z', true],
    ['2026-01-11T06:00:00Z', false],
    // Summer: two hours.
    ['2026-07-10T19:59:00Z', false],
    ['2026-07-10T20:00:00Z', true],
    ['2026-07-11T05:00:00Z', false],
  ];
  for (const [at, expected] of cases) assert.equal(isInQuietHours(berlin, new Date(at)), expected, at);
  const noon = { from: '12:00', to: '13:00', time_zone: 'Asia/Kolkata' };
  assert.equal(isInQuietHours(noon, new Date('2026-01-10T06:29:00Z')), false);
  assert.equal(isInQuietHours(noon, new Date('2026-01-10T06:30:00Z')), true);
  assert.equal(isInQuietHours(noon, new Date('2026-01-10T07:30:00Z')), false);
  assert.equal(isInQuietHours(null, now), false);
});

test('hosts of this machine are taken at their port, or at any, and nothing else is', () => {
  const hosts = {
    services: pushHostsIn('fcm.googleapis.com, *.push.apple.com'),
    onThisMachine: pushHostsIn('localhost,127.0.0.1:9443'),
  };
  const allowed = (text: string) => readEndpoint(text, hosts)?.mayBePrivate;
  assert.equal(allowed('https://fcm.googleapis.com/x'), false);
  assert.equal(allowed('https://web.push.apple.com/x'), false);
  assert.equal(allowed('https://localhost:1234/x'), true);
  assert.equal(allowed('https://127.0.0.1:9443/x'), true);
  for (const text of [
    'https://127.0.0.1:9444/x',
    'https://push.apple.com/x',
    'https://fcm.googleapis.com:444/x',
    'http://localhost:1234/x',
    'https://localhost.evil.example/x',
  ]) {
    assert.equal(allowed(text), undefined, text);
  }
});

test('addresses inside are told from those of the public internet', () => {
  const inside = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2002:7f00:1::',
  ];
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e']) {
    assert.equal(isPublicAddress(address), true, address);
  }
});
