import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import type { Attachment, Message, Page } from '../../functions/contract/schemas.ts';
import type { ChatAttachment, Storage } from '../../functions/files/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import {
  isAbout,
  assertError,
  newGroup,
  newModerators,
  newPeople,
  newPerson,
  send,
  type Person,
} from '../support/people.ts';
import { animatedPng } from '../support/png-chunks.ts';
import {
  begin,
  complete,
  photograph,
  post,
  ready,
  textFile,
  uploaded,
  type LocalFile,
} from '../support/uploads.ts';

const get = (person: Person, id: string) => person.api.request<Attachment>('GET', `/attachments/${id}`);
const remove = (person: Person, id: string) => person.api.request('DELETE', `/attachments/${id}`);
const used = async (person: Person): Promise<number> =>
  (await person.api.request<Storage>('GET', '/users/me/storage')).body.used_bytes;

const file = (
  bytes: string | Uint8Array<ArrayBuffer>,
  file_name: string,
  content_type: string,
): LocalFile => ({
  bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
  file_name,
  content_type,
});

const PDF = file('%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n', 'plan.pdf', 'application/pdf');
const SVG = file(
  '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  'x.svg',
  'image/svg+xml',
);
const HTML = file('<!doctype html><script>alert(1)</script>', 'x.html', 'text/html');
/** The beginning of an ISO base media file, as phones record it. */
const MP4 = file(
  Uint8Array.from([
    0,
    0,
    0,
    24,
    ...Buffer.from('ftypmp42'),
    0,
    0,
    0,
    0,
    ...Buffer.from('mp42isom'),
    ...Buffer.alloc(40),
  ]),
  'wave.mp4',
  'video/mp4',
);

const newConversation = async () => {
  const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
  const { id: chatId } = await newGroup(ada, grace);
  return { ada, grace, stranger, chatId };
};

suite('a file', () => {
  test('is begun, uploaded past the service, completed, and read without a token', async () => {
    const ada = await newPerson('ada');
    const notes = textFile('Herons at nine.');
    const { status, body } = await begin(ada, notes);
    assert.equal(status, 201);
    const pending = {
      id: body.attachment.id,
      kind: 'file',
      file_name: 'notes.txt',
      content_type: 'text/plain',
      size: 15,
      width: null,
      height: null,
      placeholder: null,
      status: 'pending',
      url: null,
      thumbnail_url: null,
      urls_expire_at: null,
      created_at: body.attachment.created_at,
    };
    assert.deepEqual(body.attachment, pending);
    assertError(await complete(ada, pending.id), 409, 'upload_missing');
    assert.equal((await post(body.upload, notes.bytes)).status, 204);
    const done = await complete(ada, pending.id);
    assert.equal(done.status, 200, JSON.stringify(done.body));
    const { url, urls_expire_at: expire } = done.body;
    assert.deepEqual(done.body, { ...pending, status: 'ready', url, urls_expire_at: expire });
    assert.deepEqual(await complete(ada, pending.id), done);
    assert.deepEqual((await get(ada, pending.id)).body, done.body);
    const minutes = (Date.parse(expire ?? '') - Date.now()) / 60_000;
    assert.ok(minutes > 59 && minutes <= 120, `${minutes} minutes`);

    const read = await fetch(url ?? '');
    assert.equal(await read.text(), 'Herons at nine.');
    assert.deepEqual(
      ['content-type', 'content-disposition', 'x-content-type-options', 'content-security-policy'].map(
        (name) => read.headers.get(name),
      ),
      [
        'text/plain',
        `attachment; filename="notes.txt"; filename*=UTF-8''notes.txt`,
        'nosniff',
        "sandbox; default-src 'none'",
      ],
    );
    assert.equal((await fetch(`${url}0`)).status, 403);
    assert.equal((await fetch((url ?? '').split('?')[0] ?? '')).status, 403);
  });

  test('is completed once, however often at once', async () => {
    const ada = await newPerson('ada');
    const id = await uploaded(ada, textFile('once'));
    const answers = await Promise.all(Array.from({ length: 5 }, () => complete(ada, id)));
    for (const answer of answers) assert.deepEqual([answer.status, answer.body.status], [200, 'ready']);
    assert.equal(await used(ada), 4);
  });

  test('cannot be replaced once it was checked', async () => {
    const ada = await newPerson('ada');
    const notes = textFile('harmless');
    const { upload, attachment } = (await begin(ada, notes)).body;
    await post(upload, notes.bytes);
    const { url } = (await complete(ada, attachment.id)).body;
    assert.equal((await post(upload, new TextEncoder().encode('harmfull'))).status, 204);
    assert.equal((await complete(ada, attachment.id)).status, 200);
    assert.equal(await (await fetch(url ?? '')).text(), 'harmless');
  });

  test('is shown in place when it is a video, audio or PDF; everything else is a download', async () => {
    const ada = await newPerson('ada');
    for (const [one, kind, disposition] of [
      [PDF, 'file', 'inline'],
      [MP4, 'video', 'inline'],
      [SVG, 'file', 'attachment'],
      [HTML, 'file', 'attachment'],
    ] as const) {
      const { url, kind: found, content_type: type } = await ready(ada, one);
      assert.deepEqual([found, type], [kind, one.content_type]);
      const read = await fetch(url ?? '');
      assert.equal(read.headers.get('content-disposition')?.split(';')[0], disposition, one.file_name);
      assert.equal(read.headers.get('content-type'), one.content_type);
    }
  });

  test('is an SVG however its root is written, and whatever stands ahead of it', async () => {
    const ada = await newPerson('ada');
    for (const text of [
      '<svg/>',
      '<?xml version="1.0"?>\n<svg\txmlns="http://www.w3.org/2000/svg"/>',
      '<s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>',
      `<!-- ${'A licence. '.repeat(2000)} --><svg xmlns="http://www.w3.org/2000/svg"/>`,
    ]) {
      const done = await ready(ada, file(text, 'x.svg', 'image/svg+xml'));
      assert.deepEqual([done.kind, done.content_type], ['file', 'image/svg+xml'], text.slice(0, 40));
    }
    for (const text of ['<svgs/>', 'svg', '<!doctype html><p>svg</p>']) {
      const id = await uploaded(ada, file(text, 'x.svg', 'image/svg+xml'));
      assertError(await complete(ada, id), 422, 'file_rejected');
    }
  });

  test('that is not what it was declared as is rejected, and is gone', async () => {
    const ada = await newPerson('ada');
    for (const type of [
      'image/png',
      'image/jpeg',
      'image/svg+xml',
      'video/mp4',
      'audio/mpeg',
      'application/pdf',
    ]) {
      const id = await uploaded(ada, { ...HTML, content_type: type });
      assertError(await complete(ada, id), 422, 'file_rejected');
      assertError(await complete(ada, id), 422, 'file_rejected');
      const { body } = await get(ada, id);
      assert.deepEqual([body.status, body.url], ['rejected', null], type);
    }
    assert.equal(await used(ada), 0);
  });

  test('keeps its name as data, whatever is in it', async () => {
    const ada = await newPerson('ada');
    const name = 'a"; x="\r\nSet-Cookie: a=b\r\n\u202egpj.exe/../ü%41';
    const { file_name: kept, url } = await ready(ada, textFile('x', name));
    assert.equal(kept, name);
    const read = await fetch(url ?? '');
    assert.equal(read.headers.get('set-cookie'), null);
    assert.equal(
      read.headers.get('content-disposition'),
      `attachment; filename="a_; x=___Set-Cookie: a=b___gpj.exe_..___41"; filename*=UTF-8''${[
        'a%22%3B%20x%3D%22__Set-Cookie%3A%20a%3Db__',
        '_gpj.exe_.._%C3%BC%2541',
      ].join('')}`,
    );
  });

  test('is of so many bytes at most, and its declaration is checked', async () => {
    const ada = await newPerson('ada');
    const body = { file_name: 'x', content_type: 'text/plain', size: 1 };
    const ask = (change: object) => ada.api.request('POST', '/attachments', { ...body, ...change });
    assert.equal((await ask({ size: 25 * 1024 * 1024 })).status, 201);
    assertError(await ask({ size: 25 * 1024 * 1024 + 1 }), 413, 'file_too_large');
    for (const change of [
      { size: 0 },
      { size: 1.5 },
      { size: '1' },
      { file_name: '' },
      { file_name: 'x'.repeat(256) },
      { file_name: 'a\u0000b' },
      { content_type: '' },
      { content_type: 'text' },
      { content_type: 'text/plain\r\nx: y' },
      { content_type: 'téxt/plain' },
      { purpose: 'other' },
      { more: 1 },
    ]) {
      assertError(await ask(change), 422, 'validation_failed');
    }
  });

  test('is nobody else’s until it is in a message that they see', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const { id } = await ready(ada, textFile('x'));
    for (const person of [grace, stranger]) {
      assertError(await get(person, id), 404, 'attachment_not_found');
      assertError(await complete(person, id), 404, 'attachment_not_found');
      assertError(await remove(person, id), 404, 'attachment_not_found');
    }
    await send(ada, chatId, '', { attachment_ids: [id] });
    assert.equal((await get(grace, id)).status, 200);
    assertError(await get(stranger, id), 404, 'attachment_not_found');
    assertError(await get(ada, randomUUID()), 404, 'attachment_not_found');
    assertError(await get(ada, 'x'), 422, 'validation_failed');
  });

  test('is found by its id in capitals, too, and is shown by the one it has', async () => {
    const { ada, grace, chatId } = await newConversation();
    const ids = await Promise.all(['one', 'two'].map((text) => uploaded(ada, textFile(text))));
    const [one = '', two = ''] = ids;
    for (const id of ids) assert.equal((await complete(ada, id.toUpperCase())).body.id, id);
    const twice = [one, one.toUpperCase()];
    const sendFiles = (attachment_ids: readonly string[]) =>
      ada.api.request<Message>('POST', '/messages', { chat_id: chatId, content: '', attachment_ids });
    assertError(await sendFiles(twice), 422, 'validation_failed');
    const sent = await sendFiles([one.toUpperCase()]);
    assert.deepEqual([sent.status, sent.body.attachments.map(({ id }) => id)], [201, [one]]);
    assert.equal((await get(grace, one.toUpperCase())).body.id, one);
    assert.equal((await remove(ada, two.toUpperCase())).status, 204);
    assertError(await get(ada, two), 404, 'attachment_not_found');
    const socket = await ada.connect();
    const { id } = await ready(ada, textFile('three'));
    socket.send({ type: 'message', chat_id: chatId, content: '', attachment_ids: [id.toUpperCase()] });
    const ack = await socket.take(({ type }) => type === 'ack');
    assert.deepEqual(
      (ack['message'] as Message).attachments.map((file) => file.id),
      [id],
    );
    await socket.close();
  });

  test('that is in no message is deleted by its uploader', async () => {
    const { ada, chatId } = await newConversation();
    const one = await ready(ada, textFile('four'));
    assert.equal(await used(ada), 4);
    assert.equal((await remove(ada, one.id)).status, 204);
    assertError(await get(ada, one.id), 404, 'attachment_not_found');
    assertError(await remove(ada, one.id), 404, 'attachment_not_found');
    assert.ok([403, 404].includes((await fetch(one.url ?? '')).status));
    assert.equal(await used(ada), 0);
    const two = await ready(ada, textFile('four'));
    await send(ada, chatId, '', { attachment_ids: [two.id] });
    assertError(await remove(ada, two.id), 409, 'attachment_in_use');
  });

  test('takes room that a user has, also when twenty begin at once', async () => {
    const ada = await newPerson('ada');
    const size = 25 * 1024 * 1024;
    const ask = () =>
      ada.api.request('POST', '/attachments', { file_name: 'x', content_type: 'video/mp4', size });
    // Forty of them are 1,000 of the 1,024 MiB.
    for (let index = 0; index < 30; index += 10) await Promise.all(Array.from({ length: 10 }, ask));
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    assert.equal(answers.filter(({ status }) => status === 201).length, 10);
    for (const answer of answers) if (answer.status !== 201) assertError(answer, 409, 'storage_full');
    const { body } = await ada.api.request<Storage>('GET', '/users/me/storage');
    assert.deepEqual(body, { used_bytes: 40 * size, quota_bytes: 1024 ** 3 });
  });
});

suite('a message with files', () => {
  test('shows them in the order sent, wherever it does, and may have no text', async () => {
    const { ada, grace, chatId } = await newConversation();
    const one = await ready(ada, textFile('one', 'one.txt'));
    const two = await ready(ada, PDF);
    const socket = await grace.connect();
    const sent = await send(ada, chatId, '', { attachment_ids: [two.id, one.id] });
    assert.deepEqual([sent.content, sent.attachments], ['', [two, one]]);
    assert.deepEqual((await socket.take(isAbout('new_message', chatId)))['message'], sent);
    const page = await grace.api.request<Page<Message>>('GET', `/messages/chat/${chatId}?page=1`);
    const found = await grace.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: chatId, rev: 0 }],
    });
    const single = await grace.api.request<Message>('GET', `/messages/${sent.id}`);
    assert.deepEqual(
      [page.body.items, found.body.chats[0]?.messages, [single.body]],
      [[sent], [sent], [sent]],
    );
    const edited = await ada.api.request<Message>('PUT', `/messages/${sent.id}`, { content: 'Two files' });
    assert.deepEqual(edited.body.attachments, sent.attachments);
    assert.equal((await ada.api.request('PUT', `/messages/${sent.id}`, { content: '' })).status, 200);
    await socket.close();
  });

  test('is sent by a frame, too, and repeated it is one', async () => {
    const { ada, chatId } = await newConversation();
    const { id } = await ready(ada, textFile('one'));
    const socket = await ada.connect();
    const client_message_id = randomUUID();
    const frame = { type: 'message', chat_id: chatId, content: '', attachment_ids: [id], client_message_id };
    for (const duplicate of [false, true]) {
      socket.send(frame);
      const ack = await socket.take(({ type }) => type === 'ack');
      assert.equal(ack['duplicate'], duplicate);
      assert.deepEqual(
        (ack['message'] as Message).attachments.map((one) => one.id),
        [id],
      );
    }
    await socket.close();
  });

  test('takes what is there, ready, the sender’s and in no message', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const post = (person: Person, attachment_ids: unknown, content = '') =>
      person.api.request<Message>('POST', '/messages', { chat_id: chatId, content, attachment_ids });
    const { id } = await ready(ada, textFile('one'));
    const pending = (await begin(ada, textFile('two'))).body.attachment.id;
    const { id: others } = await ready(grace, textFile('three'));
    for (const unknown of [randomUUID(), others]) {
      assertError(await post(ada, [unknown]), 422, 'attachment_not_found');
      assertError(await post(ada, [id, unknown]), 422, 'attachment_not_found');
    }
    assertError(await post(ada, [pending, id]), 409, 'attachment_not_ready');
    assertError(await post(stranger, [id]), 404, 'chat_not_found');
    for (const ids of [[id, id], Array.from({ length: 11 }, () => randomUUID()), ['x'], 'x', [1]]) {
      assertError(await post(ada, ids), 422, 'validation_failed');
    }
    assertError(await post(ada, []), 422, 'validation_failed');
    assertError(await post(ada, undefined), 422, 'validation_failed');
    assertError(await post(ada, [id], ' '), 422, 'validation_failed');
    assert.equal((await post(ada, [id])).status, 201);
    assertError(await post(ada, [id]), 409, 'attachment_in_use');
    const plain = await send(ada, chatId, 'x');
    assertError(
      await ada.api.request('PUT', `/messages/${plain.id}`, { content: '' }),
      422,
      'validation_failed',
    );
  });

  test('that is sent twice at once with one file gets it once', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id: second } = await newGroup(ada, grace);
    const files = await Promise.all([1, 2, 3].map((index) => ready(ada, textFile(`file ${index}`))));
    const ids = files.map(({ id }) => id);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        ada.api.request('POST', '/messages', {
          chat_id: index % 2 === 0 ? chatId : second,
          content: '',
          attachment_ids: index % 2 === 0 ? ids : ids.toReversed(),
        }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const answer of answers) if (answer.status !== 201) assertError(answer, 409, 'attachment_in_use');
  });

  test('gives out no URL once it is deleted; restored, it has its files again', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await ready(ada, textFile('one'));
    const sent = await send(ada, chatId, '', { attachment_ids: [id] });
    await ada.api.request('DELETE', `/messages/${sent.id}`);
    const deleted = await grace.api.request<Message>('GET', `/messages/${sent.id}`);
    assert.deepEqual(deleted.body.attachments, []);
    assertError(await get(grace, id), 404, 'attachment_not_found');
    for (const ask of [get, complete]) {
      const own = await ask(ada, id);
      assert.deepEqual(
        [own.status, own.body.status, own.body.url, own.body.thumbnail_url, own.body.urls_expire_at],
        [200, 'ready', null, null, null],
      );
    }
    const { body } = await ada.api.request<Message>('POST', `/messages/${sent.id}/restore`);
    assert.deepEqual(body.attachments, sent.attachments);
    assert.deepEqual([body.content, (await get(grace, id)).status], ['', 200]);
    for (const ask of [get, complete]) {
      assert.equal((await ask(ada, id)).body.url, sent.attachments[0]?.url);
    }
  });

  test('that a moderator removed gives its sender no URL', async () => {
    const { ada, grace, chatId } = await newConversation();
    const [moderator] = await newModerators();
    const { id } = await ready(ada, await photograph());
    const sent = await send(ada, chatId, '', { attachment_ids: [id] });
    const report = await grace.api.request<{ id: number }>('POST', '/reports', {
      message_id: sent.id,
      reason: 'spam',
    });
    const removed = await moderator?.api.request('POST', `/moderation/reports/${report.body.id}/resolve`, {
      action: 'delete_message',
    });
    assert.equal(removed?.status, 200, JSON.stringify(removed?.body));
    for (const ask of [get, complete]) {
      const { status, body } = await ask(ada, id);
      assert.deepEqual([status, body.url, body.thumbnail_url], [200, null, null]);
    }
  });

  test('keeps its files for their uploader, who has left, until it is deleted', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await ready(ada, textFile('mine'));
    const sent = await send(ada, chatId, '', { attachment_ids: [id] });
    const { id: others } = await ready(grace, textFile('hers'));
    await send(grace, chatId, '', { attachment_ids: [others] });
    const readOwn = async (): Promise<void> => {
      for (const ask of [get, complete]) {
        const { status, body } = await ask(ada, id);
        assert.equal(status, 200);
        assert.equal(await (await fetch(body.url ?? '')).text(), 'mine');
      }
      assertError(await get(ada, others), 404, 'attachment_not_found');
    };
    await ada.api.request('DELETE', `/chats/${chatId}`);
    await readOwn();
    // Grace has become the group's admin.
    assert.equal((await grace.api.request('DELETE', `/messages/${sent.id}`)).status, 204);
    for (const ask of [get, complete]) assert.equal((await ask(ada, id)).body.url, null);
    assert.equal((await grace.api.request('POST', `/messages/${sent.id}/restore`)).status, 200);
    // The last one out closes the group.
    assert.equal((await grace.api.request('DELETE', `/chats/${chatId}`)).status, 204);
    await readOwn();
  });
});

suite('the files of a chat', () => {
  test('are listed newest first, by kind, without those of deleted messages', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const files = [await ready(ada, textFile('one')), await ready(grace, PDF), await ready(ada, MP4)];
    const first = await send(ada, chatId, '', { attachment_ids: [files[0]?.id ?? ''] });
    const second = await send(grace, chatId, 'a plan', { attachment_ids: [files[1]?.id ?? ''] });
    const third = await send(ada, chatId, '', { attachment_ids: [files[2]?.id ?? ''] });
    const list = async (query = '') =>
      (await grace.api.request<Page<ChatAttachment>>('GET', `/chats/${chatId}/attachments${query}`)).body;
    const rowOf = ({ message_id, id, seq, attachments }: Message) => ({
      message_id,
      id,
      seq,
      attachment: attachments[0],
    });
    assert.deepEqual((await list()).items, [third, second, first].map(rowOf));
    assert.deepEqual((await list('?kind=video')).items, [rowOf(third)]);
    const page = await list('?kind=file&limit=1&page=2');
    assert.deepEqual([page.items, page.total], [[rowOf(first)], 2]);
    await ada.api.request('DELETE', `/messages/${third.id}`);
    assert.deepEqual((await list()).total, 2);
    assertError(await stranger.api.request('GET', `/chats/${chatId}/attachments`), 404, 'chat_not_found');
    assertError(
      await grace.api.request('GET', `/chats/${chatId}/attachments?kind=x`),
      422,
      'validation_failed',
    );
  });
});

suite('an image', () => {
  const load = async (url: string | null) => {
    const response = await fetch(url ?? '');
    assert.equal(response.status, 200);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  test('comes upright, without where it was taken, with a thumbnail and a placeholder', async () => {
    const ada = await newPerson('ada');
    const original = await photograph();
    const several = await uploaded(ada, original);
    const answers = await Promise.all([1, 2, 3].map(() => complete(ada, several)));
    assert.deepEqual(
      answers.map(({ body }) => body.status),
      ['ready', 'ready', 'ready'],
    );
    await load(answers[0]?.body.url ?? null);
    await remove(ada, several);
    assert.ok(Buffer.from(original.bytes).includes('Exif'));
    const { kind, content_type, width, height, placeholder, size, url, thumbnail_url } = await ready(
      ada,
      original,
    );
    assert.deepEqual([kind, content_type, width, height], ['image', 'image/jpeg', 800, 1200]);
    assert.ok((placeholder ?? '').length > 20);
    const { response, bytes } = await load(url);
    assert.equal(bytes.length, size);
    assert.equal(response.headers.get('content-disposition')?.split(';')[0], 'inline');
    const { orientation, exif, ...shown } = await sharp(bytes).metadata();
    assert.deepEqual([orientation, exif, shown.width, shown.height], [undefined, undefined, 800, 1200]);
    const thumbnail = await load(thumbnail_url);
    assert.equal(thumbnail.response.headers.get('content-type'), 'image/webp');
    const small = await sharp(thumbnail.bytes).metadata();
    assert.deepEqual([small.format, small.width, small.height], ['webp', 427, 640]);
    assert.equal(await used(ada), size);
  });

  test('goes by its bytes, and not by its name', async () => {
    const ada = await newPerson('ada');
    const png = await sharp({ create: { width: 3, height: 2, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    const done = await ready(ada, file(Uint8Array.from(png), 'heron.jpg', 'image/jpeg'));
    assert.deepEqual([done.kind, done.content_type, done.width, done.height], ['image', 'image/png', 3, 2]);
    assert.equal((await sharp((await load(done.thumbnail_url)).bytes).metadata()).width, 3);
    assert.equal((await load(done.url)).response.headers.get('content-type'), 'image/png');
  });

  test('is a PNG also when it is animated, and AVIF also where its container comes first', async () => {
    const ada = await newPerson('ada');
    const taken = () =>
      sharp({ create: { width: 64, height: 48, channels: 3, background: '#c00' } }).withExif({
        IFD0: { Artist: 'somebody' },
      });
    const png = animatedPng(await taken().png().toBuffer());
    const avif = await taken().avif().toBuffer();
    assert.equal(avif.toString('latin1', 8, 12), 'avif');
    // As some encoders write it: an image in a HEIF container, whose codec is among the compatible brands.
    avif.write('mif1', 8, 'latin1');
    for (const [bytes, declared, type] of [
      [png, 'image/png', 'image/png'],
      [png, 'image/apng', 'image/png'],
      // What cameras note is taken from an AVIF by encoding it anew, as WebP.
      [avif, 'image/avif', 'image/webp'],
    ] as const) {
      assert.ok(bytes.includes('somebody'));
      const done = await ready(ada, file(Uint8Array.from(bytes), 'heron', declared));
      assert.deepEqual(
        [done.kind, done.content_type, done.width, done.height],
        ['image', type, 64, 48],
        declared,
      );
      const served = (await load(done.url)).bytes;
      assert.ok(!served.includes('somebody'), declared);
      assert.equal(served.includes('acTL') && served.includes('fdAT'), type === 'image/png', declared);
      assert.equal((await sharp((await load(done.thumbnail_url)).bytes).metadata()).width, 64);
      const picture = await ready(ada, file(Uint8Array.from(bytes), 'me', declared), { purpose: 'avatar' });
      assert.deepEqual([picture.kind, picture.content_type, picture.width], ['image', 'image/webp', 48]);
    }
    const plain = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#c00' } })
      .avif()
      .toBuffer();
    plain.write('mif1', 8, 'latin1');
    const done = await ready(ada, file(Uint8Array.from(plain), 'heron.avif', 'image/avif'));
    assert.deepEqual([done.kind, done.content_type], ['image', 'image/avif']);
    assert.ok((await load(done.url)).bytes.equals(plain));
  });

  test('that is HEIC is a file', async () => {
    const ada = await newPerson('ada');
    for (const [major, compatible, type] of [
      ['heic', 'mif1heic', 'image/heic'],
      ['mif1', 'mif1heic', 'image/heif'],
      // Whoever reads either codec may read it: what is in it is not known to be AVIF.
      ['mif1', 'avifheic', 'image/heif'],
      ['mif1', 'mif1miaf', 'image/heif'],
    ] as const) {
      const box = Buffer.from(`\0\0\0\x18ftyp${major}\0\0\0\0${compatible}`, 'latin1');
      // The brands end with their box.
      const bytes = Uint8Array.from(Buffer.concat([box, Buffer.from('\0\0\0\x0cmetaavif', 'latin1')]));
      const done = await ready(ada, file(bytes, 'heron.heic', 'image/heic'));
      assert.deepEqual([done.kind, done.content_type], ['file', type], `${major}, ${compatible}`);
    }
  });

  test('that is broken, or has too many pixels, is rejected and is gone', async () => {
    const ada = await newPerson('ada');
    const { bytes } = await photograph();
    const huge = await sharp({
      create: { width: 8000, height: 8000, channels: 3, background: '#fff' },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 9 })
      .toBuffer();
    for (const one of [
      file(bytes.slice(0, bytes.length / 2), 'half.jpg', 'image/jpeg'),
      file(Uint8Array.from(huge), 'huge.png', 'image/png'),
    ]) {
      const id = await uploaded(ada, one);
      assertError(await complete(ada, id), 422, 'file_rejected');
      assert.equal((await get(ada, id)).body.status, 'rejected', one.file_name);
    }
    assert.equal(await used(ada), 0);
  });
});
