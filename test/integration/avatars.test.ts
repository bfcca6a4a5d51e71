import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import type { Chat, ChatDetail, Page, Participant, PublicProfile } from '../../functions/contract/schemas.ts';
import type { Storage } from '../../functions/files/contract.ts';
import type { UserReaction } from '../../functions/reactions/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { assertError, newGroup, newPeople, newPerson, send, type Person } from '../support/people.ts';
import { begin, complete, post, ready, textFile, type LocalFile } from '../support/uploads.ts';

/** A picture in one colour. */
const picture = async (background = '#c40', width = 900, height = 600): Promise<LocalFile> => ({
  bytes: Uint8Array.from(
    await sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer(),
  ),
  file_name: 'me.jpg',
  content_type: 'image/jpeg',
});

/** Uploads a file that may become an avatar of a user. */
const newAvatar = async (person: Person, file?: LocalFile): Promise<string> =>
  (await ready(person, file ?? (await picture()), { purpose: 'avatar' })).id;

const setAvatar = (person: Person, id: unknown) =>
  person.api.request<OwnProfile>('PUT', '/users/me/avatar', { attachment_id: id });
const removeAvatar = (person: Person) => person.api.request('DELETE', '/users/me/avatar');
const change = (person: Person, chatId: number, body: object) =>
  person.api.request<ChatDetail>('PUT', `/chats/${chatId}`, body);
const used = async (person: Person): Promise<number> =>
  (await person.api.request<Storage>('GET', '/users/me/storage')).body.used_bytes;
const profileOf = async (viewer: Person, person: Person): Promise<PublicProfile> =>
  (await viewer.api.request<PublicProfile>('GET', `/users/${person.id}`)).body;

const newDirect = async (person: Person, peer: Person): Promise<ChatDetail> =>
  (
    await person.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [peer.id],
    })
  ).body;

/**
 * Whether nothing is served at a URL. CloudFront forwards S3's response of 403, since it has no permission to list the
 * bucket.
 */
const isGone = async (url: string | null): Promise<boolean> => (await fetch(url ?? '')).status === 403;

suite('a person’s picture', () => {
  test('is a square that everybody reads, in each place that shows the person', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: groupId } = await newGroup(grace, ada);
    const { id: directId } = await newDirect(grace, ada);
    const own = await ada.api.request<OwnProfile>('GET', '/users/me');
    assert.equal(own.body.avatar_url, null);
    const file = await ready(ada, await picture(), { purpose: 'avatar' });
    assert.deepEqual(
      [file.kind, file.content_type, file.width, file.height],
      ['image', 'image/webp', 512, 512],
    );

    const set = await setAvatar(ada, file.id);
    assert.equal(set.status, 200, JSON.stringify(set.body));
    const url = set.body.avatar_url;
    assert.deepEqual(set.body, { ...own.body, avatar_url: url, last_seen: set.body.last_seen });
    assert.match(url ?? '', /\/a\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}$/);
    const served = await fetch(url ?? '');
    assert.deepEqual(
      [served.status, served.headers.get('cache-control'), served.headers.get('content-type')],
      [200, 'public, max-age=31536000, immutable', 'image/webp'],
    );
    const { format, width, height } = await sharp(await served.arrayBuffer()).metadata();
    assert.deepEqual([format, width, height], ['webp', 512, 512]);

    const ofAda = (people: readonly (Participant | PublicProfile)[] | null) =>
      people?.find(({ id }) => id === ada.id)?.avatar_url;
    const read = async <Body>(path: string) => (await grace.api.request<Body>('GET', path)).body;
    const { id } = await send(grace, groupId, 'Look at her');
    await ada.api.request('PUT', `/messages/${id}/reactions/${encodeURIComponent('👍')}`);
    const found = await read<{ items: PublicProfile[] }>(`/users/search?q=${ada.username}`);
    const page = await read<Page<Participant>>(`/chats/${groupId}/participants`);
    const detail = await read<ChatDetail>(`/chats/${groupId}`);
    const direct = await read<ChatDetail>(`/chats/${directId}`);
    const chats = await read<Page<Chat>>('/chats');
    const reactions = await read<Page<UserReaction>>(`/messages/${id}/reactions`);
    const sync = await grace.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: groupId, rev: 0 }],
    });
    assert.deepEqual(
      {
        profile: (await profileOf(grace, ada)).avatar_url,
        search: ofAda(found.items),
        participants: ofAda(page.items),
        detail: ofAda(detail.participants),
        peer: direct.peer?.avatar_url,
        listed: chats.items.find((chat) => chat.id === directId)?.peer?.avatar_url,
        reaction: reactions.items[0]?.user.avatar_url,
        joined: sync.body.joined.find((chat) => chat.id === directId)?.peer?.avatar_url,
      },
      {
        profile: url,
        search: url,
        participants: url,
        detail: url,
        peer: url,
        listed: url,
        reaction: url,
        joined: url,
      },
    );
    assert.equal(direct.avatar_url, null);
    assert.equal((await profileOf(ada, grace)).avatar_url, null);
  });

  test('is never enlarged', async () => {
    const ada = await newPerson('ada');
    const { width, height } = await ready(ada, await picture('#04c', 90, 40), { purpose: 'avatar' });
    assert.deepEqual([width, height], [40, 40]);
  });

  test('takes room, and when it is replaced or removed its object goes and its room is free', async () => {
    const ada = await newPerson('ada');
    const first = await newAvatar(ada);
    const size = await used(ada);
    assert.ok(size > 0);
    const { avatar_url: before } = (await setAvatar(ada, first)).body;
    // The same one again is no other, also by its id in capitals.
    assert.equal((await setAvatar(ada, first)).body.avatar_url, before);
    assert.equal((await setAvatar(ada, first.toUpperCase())).body.avatar_url, before);
    const second = await newAvatar(ada, await picture('#04c'));
    const both = await used(ada);
    assert.ok(both > size);
    const { avatar_url: after } = (await setAvatar(ada, second)).body;
    assert.ok(after !== null && after !== before);
    assert.ok(await isGone(before));
    assert.equal(await used(ada), both - size);
    assertError(await ada.api.request('GET', `/attachments/${first}`), 404, 'attachment_not_found');
    assertError(await setAvatar(ada, first), 422, 'attachment_not_found');

    for (const attempt of [1, 2]) assert.equal((await removeAvatar(ada)).status, 204, `${attempt}`);
    assert.equal((await ada.api.request<OwnProfile>('GET', '/users/me')).body.avatar_url, null);
    assert.ok(await isGone(after));
    assert.equal(await used(ada), 0);
  });

  test('is a file of one’s own that was uploaded for that, is ready and an image', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const ofGrace = await newAvatar(grace);
    const ofMessage = await ready(ada, await picture());
    const text = await ready(ada, textFile('no picture'), { purpose: 'avatar' });
    const pending = (await begin(ada, await picture(), { purpose: 'avatar' })).body.attachment.id;
    const broken = await begin(
      ada,
      { ...(await picture()), bytes: new Uint8Array(9) },
      { purpose: 'avatar' },
    );
    await post(broken.body.upload, new Uint8Array(9));
    assertError(await complete(ada, broken.body.attachment.id), 422, 'file_rejected');
    const { id: rejected } = broken.body.attachment;

    for (const [id, status, code] of [
      [randomUUID(), 422, 'attachment_not_found'],
      [ofGrace, 422, 'attachment_not_found'],
      [ofMessage.id, 422, 'attachment_not_found'],
      [pending, 409, 'attachment_not_ready'],
      [rejected, 409, 'attachment_not_ready'],
      [text.id, 422, 'file_rejected'],
      ['me.jpg', 422, 'validation_failed'],
      [null, 422, 'validation_failed'],
    ] as const) {
      assertError(await setAvatar(ada, id), status, code);
      if (id !== null) assertError(await change(ada, chatId, { avatar_id: id }), status, code);
    }
    assert.equal((await profileOf(grace, ada)).avatar_url, null);

    const avatar = await newAvatar(ada);
    const sent = { chat_id: chatId, content: '', attachment_ids: [avatar] };
    assertError(await ada.api.request('POST', '/messages', sent), 422, 'attachment_not_found');
    await setAvatar(ada, avatar);
    assertError(await ada.api.request('DELETE', `/attachments/${avatar}`), 409, 'attachment_in_use');
    assertError(await change(ada, chatId, { avatar_id: avatar }), 409, 'attachment_in_use');
  });

  test('that changes in many ways at once is one of them, and the others are gone', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const ids = await Promise.all([1, 2, 3].map(() => newAvatar(ada)));
    const answers = await Promise.all([
      ...ids.map((id) => setAvatar(ada, id)),
      ...ids.map((id) => change(ada, chatId, { avatar_id: id })),
      ...ids.map((id) => setAvatar(ada, id)),
      ...ids.map((id) => ada.api.request('DELETE', `/attachments/${id}`)),
    ]);
    for (const { status } of answers) assert.ok([200, 204, 404, 409, 422].includes(status), `${status}`);
    const { body: own } = await ada.api.request<OwnProfile>('GET', '/users/me');
    const { body: chat } = await ada.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    const shown = [own.avatar_url, chat.avatar_url].filter((url) => url !== null);
    assert.equal(new Set(shown).size, shown.length);
    for (const url of shown) assert.equal((await fetch(url)).status, 200);
    for (const id of ids) {
      const isShown = shown.some((url) => url.endsWith(id));
      const { status } = await ada.api.request('GET', `/attachments/${id}`);
      // One that nobody took may be there still, for its owner alone.
      if (isShown) assert.equal(status, 200);
    }
  });

  test('goes with its account', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: directId } = await newDirect(grace, ada);
    const { avatar_url: url } = (await setAvatar(ada, await newAvatar(ada))).body;
    assert.equal((await ada.api.request('DELETE', '/users/me', { password: ada.password })).status, 204);
    assert.ok(await isGone(url));
    const { body } = await grace.api.request<ChatDetail>('GET', `/chats/${directId}`);
    assert.deepEqual(
      [body.peer?.avatar_url, body.participants.map((one) => one.avatar_url)],
      [null, [null, null]],
    );
  });
});

suite('a group’s picture', () => {
  test('is changed by its admins, alone or with the name, and everybody hears of it once', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId, rev: begun, avatar_url: none } = await newGroup(ada, grace);
    assert.equal(none, null);
    const socket = await grace.connect();
    const heard = async () => {
      const event = await socket.take(({ type }) => type === 'chat_updated');
      const { avatar_url: url, name, rev } = event['chat'] as Chat;
      assert.equal(event['rev'], rev);
      return { url, name, rev };
    };
    const id = await newAvatar(ada);
    const set = await change(ada, chatId, { avatar_id: id });
    assert.equal(set.status, 200, JSON.stringify(set.body));
    const { avatar_url: url, name } = set.body;
    assert.equal((await fetch(url ?? '')).status, 200);
    assert.deepEqual(await heard(), { url, name, rev: begun + 1 });
    const synced = await grace.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: chatId, rev: begun }],
    });
    assert.deepEqual(
      synced.body.chats.map(({ rev, chat }) => [rev, chat?.avatar_url]),
      [[begun + 1, url]],
    );
    // What changes nothing takes no `rev`; what is not named stays.
    assert.equal((await change(ada, chatId, { avatar_id: id.toUpperCase(), name })).body.rev, begun + 1);
    const renamed = await change(ada, chatId, { name: 'Herons' });
    assert.deepEqual([renamed.body.avatar_url, renamed.body.rev], [url, begun + 2]);
    assert.deepEqual(await heard(), { url, name: 'Herons', rev: begun + 2 });
    const both = await change(ada, chatId, { name: 'Egrets', avatar_id: null });
    assert.deepEqual([both.body.name, both.body.avatar_url, both.body.rev], ['Egrets', null, begun + 3]);
    assert.deepEqual(await heard(), { url: null, name: 'Egrets', rev: begun + 3 });
    assert.ok(await isGone(url));
    await socket.close();

    for (const body of [{}, { avatar_id: 'x' }, { avatar_id: null, more: 1 }, { name: null }]) {
      assertError(await change(ada, chatId, body), 422, 'validation_failed');
    }
  });

  test('is not changed in part when the picture is refused, nor by who may not', async () => {
    const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
    const { id: chatId, name, rev } = await newGroup(ada, grace);
    const { id: directId } = await newDirect(ada, grace);
    const refused = await change(ada, chatId, { name: 'Herons', avatar_id: randomUUID() });
    assertError(refused, 422, 'attachment_not_found');
    const own = await newAvatar(grace);
    assertError(await change(grace, chatId, { avatar_id: own }), 403, 'not_group_admin');
    assertError(await change(grace, directId, { avatar_id: own }), 403, 'not_group_admin');
    assertError(
      await change(stranger, chatId, { avatar_id: await newAvatar(stranger) }),
      404,
      'chat_not_found',
    );
    const { body } = await ada.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    assert.deepEqual([body.name, body.avatar_url, body.rev], [name, null, rev]);
    // What was not taken is still its owner's to use.
    assert.equal((await setAvatar(grace, own)).status, 200);
  });

  test('stays when the admin who set it goes, and another admin replaces it', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const { avatar_url: url } = (await change(ada, chatId, { avatar_id: await newAvatar(ada) })).body;
    const { id: fileId } = await ready(ada, textFile('a last word'));
    await send(ada, chatId, '', { attachment_ids: [fileId] });
    const socket = await grace.connect();
    assert.equal((await ada.api.request('DELETE', '/users/me', { password: ada.password })).status, 204);
    const { chat } = await socket.take(({ type }) => type === 'chat_updated');
    const { avatar_url: shown, last_message: last } = chat as Chat;
    assert.deepEqual([shown, last?.attachments[0]?.id], [url, fileId]);
    await socket.close();
    assert.equal((await grace.api.request<Chat>('GET', `/chats/${chatId}`)).body.avatar_url, url);
    assert.equal((await fetch(url ?? '')).status, 200);
    const replaced = await change(grace, chatId, { avatar_id: await newAvatar(grace) });
    assert.equal((await fetch(replaced.body.avatar_url ?? '')).status, 200);
    assert.ok(await isGone(url));
  });
});
