import { untouched } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { suite } from 'node:test';
import type { ChatDetail, Message } from '../../functions/contract/schemas.ts';
import { photograph, ready, textFile } from '../support/uploads.ts';
import { testPeopleOnThePage } from './people-on-the-page.ts';
import { newAccount, newGroup, newPeople, send, webUrl, type Person } from '../support/people.ts';
import {
  assertAccessible,
  assertNothingWrong,
  cutOff,
  handOver,
  kept,
  logIn,
  messageSaying,
  online,
  phoneOptions,
  stored,
  useDevices,
  textsOn,
  write,
  CONCURRENT_BROWSER_TESTS,
  type Device,
} from '../support/web-page.ts';

// Users who chat in real browsers, each on their own devices.

const test = useDevices(webUrl);
testPeopleOnThePage(test);

const directChat = async (one: Person, other: Person): Promise<number> => {
  const body = { chat_type: 'direct', participant_ids: [other.id] };
  return (await one.api.request<ChatDetail>('POST', '/chats', body)).body.id;
};

suite('people chat in browsers', { concurrency: CONCURRENT_BROWSER_TESTS }, () => {
  test('somebody registers, finds somebody, and they talk', async ({ newDevice, deviceOf }) => {
    const [grace] = await newPeople('grace');
    const ada = newAccount('ada');
    const [adas, graces] = await Promise.all([newDevice(), deviceOf(grace)]);
    await graces.page.getByText('No chats yet').waitFor();

    await adas.page.getByRole('button', { name: 'Create an account' }).click();
    const form = adas.page.getByRole('form', { name: 'Register' });
    await form.getByLabel('Full name').fill('Ada Lovelace');
    await form.getByLabel('Username').fill(grace.username);
    await form.getByLabel('E-mail').fill(ada.email);
    await form.getByLabel('Password').fill(ada.password);
    await form.getByRole('button', { name: 'Create account' }).click();
    await form.getByText('This username is taken.').waitFor();
    await form.getByLabel('Username').fill(ada.username);
    await form.getByLabel('Username').press('Enter');

    await adas.page.getByRole('button', { name: 'New chat' }).click();
    await adas.page.getByLabel('Who would you like to write to?').fill(grace.username.slice(0, 12));
    await adas.page.getByRole('button', { name: new RegExp(grace.username) }).click();
    await adas.page.getByRole('region', { name: grace.username }).waitFor();
    await write(adas, 'Hello, Grace');

    const row = graces.page.getByRole('link', { name: /Ada Lovelace/ });
    await row.getByText('Hello, Grace').waitFor();
    await row.getByText('1 unread').waitFor();
    await row.click();
    await messageSaying(graces, 'Hello, Grace').waitFor();
    await row.getByText('unread').waitFor({ state: 'detached' });
    await messageSaying(adas, 'Hello, Grace').locator('.state.read').waitFor();

    await graces.page.getByLabel('Message', { exact: true }).pressSequentially('Hi');
    await adas.page.locator('.typing.shown', { hasText: grace.username }).waitFor();
    await graces.page.getByLabel('Message', { exact: true }).press('Enter');
    await messageSaying(adas, 'Hi').waitFor();
    await adas.page.locator('.typing.shown').waitFor({ state: 'detached' });

    // Who was logged in still is, at the same place.
    await adas.page.reload();
    await messageSaying(adas, 'Hi').waitFor();
    assert.deepEqual(await textsOn(adas), ['Hello, Grace', 'Hi']);
    assertNothingWrong(adas, graces);
  });

  test('messages are edited, reacted to, deleted and restored before everybody’s eyes', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    await send(ada, chatId, 'The frist one');
    const path = `/chats/${chatId}`;
    const [adas, graces] = await Promise.all([
      // One who likes motion.
      deviceOf(ada, path, { reducedMotion: 'no-preference' }),
      deviceOf(grace, path),
    ]);
    await messageSaying(graces, 'The frist one').waitFor();

    const choose = async (action: string): Promise<void> => {
      // By the button beside it, or by the other button of the mouse.
      if (action === 'Edit') {
        await adas.page.locator('.message').last().hover();
        await adas.page.getByRole('button', { name: 'What to do with this message' }).last().click();
      } else await adas.page.locator('.message .text').last().click({ button: 'right' });
      await adas.page.getByRole('menuitem', { name: action }).click();
    };
    await messageSaying(adas, 'The frist one').waitFor();
    await choose('Edit');
    await adas.page.getByLabel('Change the message').fill('The first one');
    await adas.page.getByLabel('Change the message').press('Enter');
    await messageSaying(graces, 'The first one').getByText('edited').waitFor();

    const thumbs = ({ page }: Device, count: number) =>
      page.getByRole('button', { name: new RegExp(`^👍 ${count}`) });
    await graces.page.locator('.message .text').last().click({ button: 'right' });
    await graces.page.getByRole('menuitemcheckbox', { name: 'React with thumbs up' }).click();
    await thumbs(adas, 1).click();
    for (const device of [adas, graces]) await thumbs(device, 2).waitFor();
    await graces.page.getByRole('button', { name: '👍 2', pressed: true }).hover();
    await graces.page.getByTitle(`${grace.username}, ${ada.username}`).waitFor();
    await thumbs(graces, 2).click();
    await thumbs(adas, 1).waitFor();

    // Any other emoji, found by a word, from the button that comes beside a message.
    await graces.page.locator('.message').last().hover();
    await graces.page.getByRole('button', { name: 'React', exact: true }).click();
    await graces.page.getByRole('menuitem', { name: 'React with another emoji' }).click();
    await graces.page.getByLabel('Search emoji').fill('woman astro');
    await graces.page.getByRole('button', { name: 'woman astronaut' }).click();
    const rocket = (name: string) => ({ name: new RegExp(`^👩‍🚀 1${name}`), exact: true });
    await adas.page.getByRole('button', rocket('')).waitFor();
    // By the keyboard: into the messages, to the last one, through its reactions, to who reacted.
    await adas.page.getByLabel('Message', { exact: true }).focus();
    for (const key of ['Shift+Tab', 'ArrowUp', 'Tab', 'Tab']) await adas.page.keyboard.press(key);
    await adas.page.getByRole('button', rocket(`: ${grace.username}`)).waitFor();
    assert.equal(await adas.page.evaluate('document.activeElement.dataset.emoji'), '👩‍🚀');
    await adas.page.keyboard.press('Tab');
    await adas.page.keyboard.press('Enter');
    const window = adas.page.getByRole('dialog', { name: 'Reactions' });
    await window.getByRole('button', { name: 'All 2' }).waitFor();
    await window.getByRole('button', { name: '👩‍🚀 1' }).click();
    await window.getByRole('listitem').filter({ hasText: grace.username }).waitFor();
    assert.equal(await window.getByRole('listitem').count(), 1);
    await adas.page.keyboard.press('Escape');
    await window.waitFor({ state: 'detached' });
    await graces.page.getByRole('button', rocket('')).click();
    await adas.page.getByRole('button', rocket('')).waitFor({ state: 'detached' });

    await messageSaying(adas, 'edited').waitFor();
    await choose('Delete');
    await messageSaying(graces, 'Message deleted').waitFor();
    assert.equal(await graces.page.locator('.reaction').count(), 0);
    assert.equal(await graces.page.getByRole('button', { name: 'Restore' }).count(), 0);
    // Pages of history leave it out, and it can be restored all the same.
    await adas.page.reload();
    await messageSaying(adas, 'Message deleted').waitFor();
    await online(adas);
    await adas.page.getByRole('button', { name: 'Restore' }).click();
    await messageSaying(graces, 'The first one').waitFor();
    await thumbs(graces, 1).waitFor();
    assertNothingWrong(adas, graces);
  });

  test('one goes offline, both write, and when it comes back nothing is lost or doubled', async ({
    newDevice,
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const before = await send(ada, chatId, 'before');
    const path = `/chats/${chatId}`;
    const adas = await newDevice();
    const network = await cutOff(adas);
    await adas.page.reload();
    await logIn(adas, ada);
    await adas.page.getByRole('link', { name: new RegExp(grace.username) }).click();
    const graces = await deviceOf(grace, path);
    await messageSaying(adas, 'before').waitFor();
    await messageSaying(graces, 'before').waitFor();
    await online(adas);

    await network.cut();
    await adas.page.getByText('You are offline.').first().waitFor();
    for (const text of ['from Ada 1', 'from Ada 2']) await write(adas, text);
    await adas.page.locator('.message.sending').nth(1).waitFor();
    for (const text of ['from Grace 1', 'from Grace 2']) await write(graces, text);
    await stored(graces, 'from Grace 2');
    await grace.api.request('POST', '/messages', { chat_id: chatId, content: 'from Grace 3' });
    await ada.api.request('PUT', `/messages/${before.id}`, { content: 'before, edited elsewhere' });

    await network.restore();
    await messageSaying(adas, 'from Grace 3').waitFor();
    await messageSaying(graces, 'from Ada 2').waitFor();
    await adas.page.locator('.message.sending').first().waitFor({ state: 'detached' });
    await adas.page.getByText('You are offline.').first().waitFor({ state: 'detached' });
    const expected = [
      'before, edited elsewhere',
      'from Grace 1',
      'from Grace 2',
      'from Grace 3',
      'from Ada 1',
      'from Ada 2',
    ];
    await messageSaying(graces, 'edited elsewhere').waitFor();
    assert.deepEqual(await textsOn(adas), expected);
    assert.deepEqual(await textsOn(graces), expected);
    assertNothingWrong(adas, graces);
  });

  test('three devices of one person show the same', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const path = `/chats/${chatId}`;
    const [desk, lap, phone] = await Promise.all([
      deviceOf(ada, path),
      deviceOf(ada),
      deviceOf(ada, '/', phoneOptions),
    ]);
    await write(desk, 'from the desk');
    const row = (device: Device) => device.page.getByRole('link', { name: new RegExp(grace.username) });
    await row(lap).getByText('You: from the desk').waitFor();
    await row(phone).click();
    await messageSaying(phone, 'from the desk').waitFor();

    // The desk shows the list only, so the message stays unread until the phone has shown it.
    await phone.page.getByRole('link', { name: 'Back to the chats' }).click();
    await desk.page.goto(webUrl());
    await online(desk);
    await send(grace, chatId, 'to all of you');
    for (const device of [desk, lap, phone]) await row(device).getByText('1 unread').waitFor();
    await row(phone).click();
    await messageSaying(phone, 'to all of you').waitFor();
    // A finger that rests on a message opens its menu.
    const press = (): Promise<void> =>
      messageSaying(phone, 'to all of you')
        .locator('.text')
        .dispatchEvent('touchstart', { touches: [{ identifier: 1, clientX: 100, clientY: 300 }] });
    await press();
    await phone.page.getByRole('menuitem', { name: 'Copy text' }).waitFor();
    // The way back closes what is open, and leaves the chat only then.
    const goBack = (): Promise<unknown> => phone.page.evaluate('history.back()');
    await goBack();
    await phone.page.getByRole('menu').waitFor({ state: 'detached' });
    await phone.page.getByRole('button', { name: 'Emoji' }).click();
    // A finger needs no keyboard, which would cover the board.
    await phone.page.locator('.emoji-picker:focus').waitFor();
    await goBack();
    await phone.page.locator('.emoji-picker').waitFor({ state: 'detached' });
    await press();
    await phone.page.getByRole('menuitem', { name: 'Report…' }).click();
    await phone.page.getByRole('form', { name: 'Report' }).waitFor();
    await goBack();
    await phone.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(new URL(phone.page.url()).pathname, path);
    await phone.page.getByRole('link', { name: 'Details of the chat' }).click();
    await phone.page.getByRole('button', { name: 'Report…' }).click();
    await phone.page.getByRole('form', { name: 'Report' }).waitFor();
    await goBack();
    await phone.page.getByRole('dialog').waitFor({ state: 'detached' });
    await phone.page.getByRole('button', { name: 'Report…' }).click();
    await phone.page.getByRole('button', { name: 'Cancel' }).click();
    await phone.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(new URL(phone.page.url()).pathname, `${path}/details`);
    await goBack();
    await phone.page.locator('.details').waitFor({ state: 'detached' });
    assert.equal(new URL(phone.page.url()).pathname, path);
    await press();
    await phone.page.getByRole('menuitemcheckbox', { name: 'React with party' }).click();
    const party = phone.page.getByRole('button', { name: /^🎉 1/ });
    await party.waitFor();
    // And one on a reaction says whose it is.
    await party.dispatchEvent('touchstart', { touches: [{ identifier: 2, clientX: 100, clientY: 300 }] });
    await phone.page
      .getByRole('dialog', { name: 'Reactions' })
      .getByRole('listitem')
      .filter({ hasText: ada.username })
      .waitFor();
    await phone.page.keyboard.press('Escape');
    for (const device of [desk, lap]) {
      await row(device).getByText('unread').waitFor({ state: 'detached' });
    }
    // A tablet may have another keyboard.
    await phone.page.getByLabel('Message', { exact: true }).fill('from the phone');
    await phone.page.getByLabel('Message', { exact: true }).press('Enter');
    await phone.page.getByLabel('Message', { exact: true }).press('Control+Enter');
    await row(desk).getByText('You: from the phone').waitFor();
    const mine = messageSaying(phone, 'from the phone').locator('.text');
    await mine.dispatchEvent('touchstart', { touches: [{ identifier: 3, clientX: 100, clientY: 300 }] });
    await phone.page.getByRole('menuitem', { name: 'Delete' }).click();
    const restore = await phone.page.getByRole('button', { name: 'Restore' }).boundingBox();
    assert.ok(restore !== null && restore.height >= 44 && restore.width >= 44, JSON.stringify(restore));

    // Who has not opened this chat is not reported to it: it asks when it is looked at again.
    const header = phone.page.locator('.bar .subtitle');
    await deviceOf(grace);
    await phone.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await header.getByText('online', { exact: true }).waitFor();
    assertNothingWrong(desk, lap, phone);
  });

  test('people reply to each other, and mention each other', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const question = await send(grace, group.id, 'At nine?');
    const path = `/chats/${group.id}`;
    const [adas, phone] = await Promise.all([deviceOf(ada, path), deviceOf(grace, path, phoneOptions)]);
    const { page } = adas;
    const last = async (): Promise<Message> => {
      const { body } = await ada.api.request<{ items: Message[] }>('GET', `/messages/chat/${group.id}`);
      assert.ok(body.items[0] !== undefined);
      return body.items[0];
    };
    const field = page.getByLabel('Message', { exact: true });
    const target = page.locator('.editing', { hasText: 'At nine?' });

    // By a button beside the message, and taken back; then by the keyboard.
    await messageSaying(adas, 'At nine?').hover();
    await page.getByRole('button', { name: 'Reply', exact: true }).click();
    await target.waitFor();
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.press('Escape');
    await target.waitFor({ state: 'detached' });
    for (const key of ['Shift+Tab', 'ArrowUp', 'r']) await page.keyboard.press(key);
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.type('At ten');
    // It waits with what was written.
    await page.reload();
    await target.waitFor();
    assert.equal(await field.inputValue(), 'At ten');

    // The members come with an @; arrows choose, Enter takes, and the next Enter sends.
    await field.press('End');
    await page.keyboard.type(', @gra');
    const option = page.getByRole('option', { name: new RegExp(`@${grace.username}`) });
    await option.waitFor();
    assert.equal(await option.getAttribute('aria-selected'), 'true');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), `At ten, @${grace.username} `);
    await page.keyboard.type('please');
    await page.keyboard.press('Enter');
    await stored(adas, 'please');
    await target.waitFor({ state: 'detached' });
    const sent = await last();
    assert.deepEqual([sent.reply_to?.id, sent.mentions, sent.mention_all], [question.id, [grace.id], false]);
    const answer = messageSaying(phone, 'please');
    await answer.getByText('mentions you').waitFor({ state: 'attached' });
    assert.equal(await answer.locator('.mention.own').innerText(), `@${grace.username}`);
    await answer.getByRole('button', { name: 'In reply to you: At nine?' }).waitFor();

    // Who is not named any more is not mentioned any more.
    await field.press('ArrowUp');
    await page.getByLabel('Change the message').fill('At ten, @everybody');
    await page.getByRole('option', { name: /everybody/ }).waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await messageSaying(adas, '@everybody').getByText('edited').waitFor();
    const changed = await last();
    assert.deepEqual([changed.mentions, changed.mention_all], [[], true]);

    // On a phone by a finger that moves the message to the right.
    const swiped = messageSaying(phone, '@everybody');
    for (const [type, ...places] of [
      ['touchstart', 100],
      ['touchmove', 130],
      ['touchmove', 180],
      ['touchend'],
    ] as const) {
      const touches = places.map((clientX) => ({ identifier: 1, clientX, clientY: 300 }));
      await swiped.dispatchEvent(type, { touches });
    }
    await phone.page.locator('.editing', { hasText: 'At ten' }).waitFor();
    await phone.page.getByLabel('Message', { exact: true }).fill('Fine');
    await phone.page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: /^In reply to you: At ten/ }).waitFor();

    // Whom a message mentions sees it in the list of chats, and in one of mentions, which leads there.
    await phone.page.getByRole('link', { name: 'Back to the chats' }).click();
    await phone.page.locator('.at-list').waitFor();
    await write(adas, `@${grace.username} see you there`);
    await phone.page
      .getByRole('link', { name: /A group/ })
      .getByText('1 mention')
      .waitFor();
    await phone.page.getByRole('link', { name: 'Mentions' }).click();
    await phone.page.getByRole('heading', { name: 'Mentions' }).waitFor();
    await phone.page.locator('.mentions li').nth(1).waitFor();
    // One that was read long ago, too, goes with its message.
    await ada.api.request('DELETE', `/messages/${changed.id}`);
    await phone.page
      .locator('.mentions')
      .getByRole('link', { name: /At ten/ })
      .waitFor({ state: 'detached' });
    await phone.page
      .locator('.mentions')
      .getByRole('link', { name: /see you there/ })
      .click();
    await phone.page.locator('.message.mentions-me.found', { hasText: 'see you there' }).waitFor();
    assertNothingWrong(adas, phone);
  });

  test('a group is made, renamed, handed on; who is removed loses it at once', async ({ deviceOf }) => {
    const [ada, grace, alan] = await newPeople('ada', 'grace', 'alan');
    const [adas, graces] = await Promise.all([deviceOf(ada), deviceOf(grace)]);
    const { page } = adas;
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.getByRole('radio', { name: 'Group' }).check();
    await page.getByLabel('Name of the group').fill('Engine');
    await page.getByLabel('Members').fill(grace.username);
    await page.getByRole('button', { name: new RegExp(`@${grace.username}`) }).click();
    // The next person can be searched at once, and what was chosen is not lost by a click beside the dialog.
    await page.locator('dialog input[type=search]:focus').waitFor();
    assert.equal(await page.getByLabel('Members').inputValue(), '');
    await page.mouse.click(10, 10);
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByRole('region', { name: 'Engine' }).waitFor();
    await graces.page.getByRole('link', { name: /Engine/ }).click();

    await page.getByRole('link', { name: 'Details of the chat' }).click();
    await page.getByLabel('Name of the group').fill('Analytical Engine');
    await page.getByRole('button', { name: 'Rename' }).click();
    await graces.page.getByRole('region', { name: 'Analytical Engine' }).waitFor();

    await page.getByRole('button', { name: 'Add people' }).click();
    await page.getByLabel('Who should join?').fill(alan.username);
    await page.getByRole('button', { name: new RegExp(`@${alan.username}`) }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: '3 members' }).waitFor();
    await graces.page.getByText('3 members').first().waitFor();

    const choose = async (person: Person, action: string): Promise<void> => {
      await page.getByRole('button', { name: `What to do with ${person.username}` }).click();
      await page.getByRole('menuitem', { name: action }).click();
    };
    await choose(alan, 'Make admin');
    await page.getByText('Admin', { exact: true }).waitFor();
    await page.getByText('Owner', { exact: true }).waitFor();
    await choose(grace, 'Remove from the group…');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('heading', { name: '2 members' }).waitFor();
    await page.locator('.people:focus').waitFor();
    await graces.page.getByRole('heading', { name: 'You are not in this chat' }).waitFor();
    await graces.page.getByRole('button', { name: 'To your chats' }).click();
    await graces.page.getByText('No chats yet').waitFor();

    await page.getByRole('button', { name: 'Leave the group' }).click();
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByText('No chats yet').waitFor();
    assertNothingWrong(adas, graces);
  });

  test('a message is found, quoted and pinned, and shown among its neighbours', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const moth = await send(grace, group.id, 'The moth was in relay seventy');
    for (let count = 1; count <= 60; count += 1) {
      // Tall enough that the first page is not over before one scrolls.
      await send(ada, group.id, `Entry ${count} of 60\n\n\n\n\n.`);
    }
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    await messageSaying(adas, 'Entry 60 of 60').waitFor();
    assert.equal(await messageSaying(adas, 'moth').count(), 0);

    await adas.page.keyboard.press('Control+k');
    await adas.page.keyboard.type('moth');
    await adas.page
      .getByRole('navigation', { name: 'Search results' })
      .getByRole('link', { name: /moth/ })
      .click();
    const found = messageSaying(adas, 'moth');
    await found.waitFor();
    assert.match((await found.getAttribute('class')) ?? '', /found/);
    const results = adas.page.getByRole('navigation', { name: 'Search results' });
    await adas.page.getByLabel('Search chats and messages').fill('entry of');
    await results.getByText('60 messages, the newest first').waitFor();
    assert.equal(await results.getByRole('link').count(), 30);
    await results.getByRole('button', { name: 'Show more' }).click();
    await results.getByRole('link', { name: /Entry 1 of 60/ }).waitFor();
    assert.equal(await results.getByRole('link').count(), 60);
    await adas.page.getByRole('button', { name: 'To the newest message' }).click();
    await messageSaying(adas, 'Entry 60 of 60').waitFor();

    // In this chat alone, by the beginning of a word.
    await adas.page.getByRole('link', { name: 'Search in this chat' }).click();
    await adas.page.getByLabel('Search in A group').fill('rel sev');
    await adas.page
      .getByRole('navigation', { name: 'Found in this chat' })
      .getByRole('link', { name: /relay seventy/ })
      .click();
    await found.waitFor();
    await adas.page.locator('.message.found:focus').waitFor();
    assert.match(await adas.page.locator('.details mark').first().innerText(), /^rel$/i);
    await adas.page.getByRole('button', { name: 'Close the search' }).click();

    // On a phone what is found covers the search: the way back leads to the results first, and then out of it.
    const desk = adas.page.viewportSize();
    assert.ok(desk !== null);
    await adas.page.setViewportSize(phoneOptions.viewport);
    const question = adas.page.getByLabel('Search in A group');
    const relay = adas.page
      .getByRole('navigation', { name: 'Found in this chat' })
      .getByRole('link', { name: /relay seventy/ });
    await adas.page.getByRole('link', { name: 'Search in this chat' }).click();
    assert.equal(await question.inputValue(), '', 'a new search');
    await question.fill('moth rel');
    await relay.click();
    await question.waitFor({ state: 'detached' });
    await adas.page.evaluate('history.back()');
    await relay.waitFor();
    assert.equal(await question.inputValue(), 'moth rel');
    await adas.page.evaluate('history.back()');
    await question.waitFor({ state: 'detached' });
    assert.equal(new URL(adas.page.url()).pathname, `/chats/${group.id}`);
    await adas.page.setViewportSize(desk);

    // A reply to it leads there, however far up it is.
    await adas.page.getByRole('button', { name: 'To the newest message' }).click();
    await messageSaying(adas, 'Entry 60 of 60').waitFor();
    await grace.api.request('POST', '/messages', {
      chat_id: group.id,
      content: 'Is it still there?',
      reply_to_id: moth.id,
    });
    const quote = adas.page.getByRole('button', { name: /^In reply to .*: The moth was/ });
    await quote.click();
    await adas.page.locator('.message.found:focus', { hasText: 'The moth was' }).waitFor();
    // And so does its pin.
    await adas.page.keyboard.press('Enter');
    await adas.page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
    const pins = adas.page.getByRole('region', { name: 'Pinned messages' });
    await pins.getByText('The moth was').waitFor();
    await adas.page.getByRole('button', { name: 'To the newest message' }).click();
    await messageSaying(adas, 'Is it still there?').waitFor();
    await pins.getByTitle('Show this message').click();
    await adas.page.locator('.message.found:focus', { hasText: 'The moth was' }).waitFor();
    await messageSaying(adas, 'The moth was').getByText('pinned').waitFor({ state: 'attached' });
    await pins.getByRole('button', { name: 'All pinned messages' }).click();
    await adas.page.getByRole('dialog').getByRole('button', { name: 'Unpin' }).click();
    await pins.waitFor({ state: 'detached' });

    // What is deleted says so wherever it was quoted, and leads nowhere.
    await adas.page.getByRole('button', { name: 'To the newest message' }).click();
    await quote.waitFor();
    await grace.api.request('DELETE', `/messages/${moth.id}`);
    await adas.page.locator('p.quote', { hasText: 'Message deleted' }).waitFor();
    // The bar leads to what there is to know of the chat.
    await adas.page.locator('.bar-who').click();
    await adas.page.getByRole('heading', { name: '2 members' }).waitFor();
    assertNothingWrong(adas);
  });
});

/** The distance in whole px from the visible part of the list to its end, once everything is rendered. */
const hiddenBelow = ({ page }: Device): Promise<number> =>
  page.evaluate(`(async () => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.messages');
    return Math.round(scrollHeight - scrollTop - clientHeight);
  })()`);

suite('more unread messages than a screen has room for', () => {
  test('the chat opens at the first of them, and those are read that were in sight', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const READ = 20;
    const LAST = READ + 120;
    // Groups of one's own between those of the other: they are read, wherever they stand.
    for (let seq = 1; seq <= READ; seq += 1)
      await send(seq % 10 < 5 ? ada : grace, group.id, `Entry ${seq}.`);
    for (let from = READ + 1; from <= LAST; from += 10) {
      await Promise.all(Array.from({ length: 10 }, () => send(grace, group.id, 'Another entry\n\n\n\n\n.')));
    }
    const readOf = async (): Promise<ChatDetail> =>
      (await ada.api.request<ChatDetail>('GET', `/chats/${group.id}`)).body;
    await ada.api.request('POST', `/chats/${group.id}/read`, { seq: READ });
    const desk = await deviceOf(ada);
    let asked = READ;
    // Further numbers are tested without a browser, in test/unit/client/timeline.test.ts.
    for (const unread of [120, 60, 49, 1]) {
      const mark = LAST - unread;
      // What was in sight at the last look is read already, and no more than that.
      assert.ok(asked <= mark, `${asked} were read, ${mark} are to be`);
      await ada.api.request('POST', `/chats/${group.id}/read`, { seq: mark });
      const { page } = desk;
      await page.setViewportSize(unread % 2 === 0 ? { width: 1280, height: 800 } : phoneOptions.viewport);
      await page
        .getByRole('link', { name: /A group/ })
        .getByText(`${unread > 99 ? '99+' : unread} unread`)
        .waitFor();
      await page.getByRole('link', { name: /A group/ }).click();
      const line = page.locator('.unread-line');
      await line.waitFor();
      const next = page.locator('.unread-line + .message');
      assert.equal(await next.getAttribute('data-seq'), String(mark + 1));
      await page.locator(`[data-seq="${mark}"]`).waitFor();
      const box = await next.boundingBox();
      assert.ok(box !== null && box.y > 0 && box.y < (unread === 1 ? 780 : 300), JSON.stringify(box));
      const button = page.getByRole('button', { name: /^To the newest message/ });
      if (unread > 1) {
        const below = Number(/(\d+) unread below/.exec((await button.getAttribute('aria-label')) ?? '')?.[1]);
        assert.ok(below > 0 && below < unread, `${below} below`);
        // The read mark is where the sight ends, and follows it.
        const until = async (): Promise<number> => {
          for (;;) {
            const { unread_count } = await readOf();
            if (unread_count === below) return LAST - unread_count;
            await page.evaluate('new Promise(requestAnimationFrame)');
          }
        };
        asked = await until();
      }
      await page.evaluate(`history.back()`);
      await page.locator('.nothing').waitFor({ state: 'attached' });
    }
    // From the first unread to the end, by the button.
    await desk.page
      .getByRole('link', { name: /A group/ })
      .getByText('unread')
      .waitFor({ state: 'detached' });
    // The page shows at once what it is about to tell the service.
    while ((await readOf()).unread_count > 0) await desk.page.evaluate('new Promise(requestAnimationFrame)');

    // Who is at the end stays there: with what one writes, what others write, and what makes a message higher.
    const { page } = desk;
    await page.getByRole('link', { name: /A group/ }).click();
    await messageSaying(desk, 'Another entry').last().waitFor();
    assert.equal(await hiddenBelow(desk), 0);
    await write(desk, 'My own entry');
    await stored(desk, 'My own entry');
    assert.equal(await hiddenBelow(desk), 0);
    const { id } = await send(grace, group.id, 'A last entry');
    await messageSaying(desk, 'A last entry').waitFor();
    assert.equal(await hiddenBelow(desk), 0);
    await grace.api.request('PUT', `/messages/${id}/reactions/${encodeURIComponent('👍')}`);
    await page.getByRole('button', { name: /👍/ }).waitFor();
    assert.equal(await hiddenBelow(desk), 0);
    await ada.api.request('PUT', `/messages/${id}/pin`);
    await page.locator('.pins').waitFor();
    assert.equal(await hiddenBelow(desk), 0);

    // Who looks elsewhere finds what arrives meanwhile from its beginning on, and has read what is in sight.
    const AWAY = 30;
    await page.evaluate(`document.hasFocus = () => false`);
    const { seq } = await send(grace, group.id, 'While away');
    const others = Array.from({ length: AWAY - 1 }, () => send(grace, group.id, 'While away, too\n\n\n.'));
    await Promise.all(others);
    const line = page.locator(`.unread-line + [data-seq="${seq}"]`);
    await line.waitFor();
    await page.locator(`[data-seq="${seq + AWAY - 1}"]`).waitFor();
    assert.equal((await readOf()).unread_count, AWAY);
    await page.evaluate(`document.hasFocus = Document.prototype.hasFocus; dispatchEvent(new Event('focus'))`);
    const end = page.getByRole('button', { name: /^To the newest message, \d+ unread below/ });
    const below = Number(/\d+/.exec((await end.getAttribute('aria-label')) ?? '')?.[0]);
    assert.ok(below > 0 && below < AWAY, `${below} below`);
    const box = await line.boundingBox();
    assert.ok(box !== null && box.y > 0 && box.y < 300, JSON.stringify(box));
    while ((await readOf()).unread_count > below) await page.evaluate('new Promise(requestAnimationFrame)');
    assert.equal((await readOf()).unread_count, below);
    await end.click();
    while ((await readOf()).unread_count > 0) await page.evaluate('new Promise(requestAnimationFrame)');
    assertNothingWrong(desk);
  });
});

suite('a message that is far from the first unread one', () => {
  test('is shown, and what comes before it stays unread', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const [READ, LAST] = [20, 65];
    const first = await send(grace, group.id, 'The first entry');
    for (let seq = 2; seq <= LAST; seq += 1) {
      const isMention = seq === READ + 5 || seq === LAST;
      await grace.api.request('POST', '/messages', {
        chat_id: group.id,
        content: isMention ? `@${ada.username} at ${seq}` : `Entry ${seq}\n\n\n\n\n.`,
        ...(isMention && { mentions: [ada.id] }),
      });
    }
    await ada.api.request('POST', `/chats/${group.id}/read`, { seq: READ });
    const device = await deviceOf(ada);
    const { page } = device;
    const row = page.locator('.sidebar').getByRole('link', { name: /A group/ });
    const counts = async (): Promise<void> => {
      await row.getByText('45 unread').waitFor();
      await row.getByText('2 mentions').waitFor();
    };
    await counts();
    await page.getByRole('link', { name: /^Mentions/ }).click();
    const latest = page.locator('.mentions').getByRole('link', { name: new RegExp(`at ${LAST}`) });
    await latest.click();
    await page.locator('.message.found:focus', { hasText: `at ${LAST}` }).waitFor();
    // The page tells of what was seen when one leaves the chat, at the latest.
    await page.evaluate(`history.back()`);
    await latest.waitFor();
    await page.evaluate('new Promise(requestAnimationFrame)');
    await counts();

    // Whoever goes to the end has seen it all.
    await row.click();
    await page.locator('.unread-line').waitFor();
    await page.getByRole('button', { name: /^To the newest message, \d+ unread below/ }).click();
    await row.getByText('unread').waitFor({ state: 'detached' });

    // Without a network, what is shown stays: on another device, which has the end of the chat alone.
    await grace.api.request('POST', '/messages', {
      chat_id: group.id,
      content: 'See above',
      reply_to_id: first.id,
    });
    const other = await deviceOf(ada, `/chats/${group.id}`);
    const quote = other.page.getByRole('button', { name: /^In reply to .*: The first entry/ });
    await quote.waitFor();
    assert.equal(await other.page.locator('[data-seq="1"]').count(), 0);
    await other.context.setOffline(true);
    await quote.click();
    await other.page.getByText('This message could not be loaded.').waitFor();
    assert.equal(await messageSaying(other, 'See above').count(), 1);
    await other.context.setOffline(false);
    await quote.click();
    await other.page.locator('.message.found:focus', { hasText: 'The first entry' }).waitFor();
    assertNothingWrong(device, other);
  });
});

suite('people send files', { concurrency: CONCURRENT_BROWSER_TESTS }, () => {
  const picture = ({ page }: Device, name: string) =>
    page.getByRole('button', { name: new RegExp(`^Photo.*: ${name}`) });
  const pictured = async (device: Device, name: string): Promise<{ width: number; height: number }> => {
    const shown = picture(device, name).and(device.page.locator('.loaded')).locator('img');
    return shown.evaluate((image: unknown) => {
      const { naturalWidth: width, naturalHeight: height } = image as Record<string, number>;
      return { width: width ?? 0, height: height ?? 0 };
    });
  };

  test('a photograph is dropped, and everybody sees its colours, then the picture upright, in the place that was kept', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const path = `/chats/${chatId}`;
    const [adas, graces] = await Promise.all([deviceOf(ada, path), deviceOf(grace, path, phoneOptions)]);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    await graces.page.route(/\/t\/[^/]+\?/, async (route) => {
      await held;
      await route.continue();
    });
    // On a slow network the module that uploads files is still missing when the first ones are sent.
    const [asked, loaded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await adas.page.route(/\/assets\/files-/, async (route) => {
      asked.resolve();
      await loaded.promise;
      await route.continue();
    });
    await adas.page.reload();
    await adas.page.getByText('Nothing here yet').waitFor();
    await handOver(adas, 'drop', [await photograph()]);
    await adas.page.getByRole('list', { name: 'Files to send' }).getByText('heron.jpg').waitFor();
    await write(adas, '');
    await asked.promise;
    await adas.page.keyboard.type('Typed meanwhile');
    loaded.resolve();
    await adas.page.getByRole('list', { name: 'Files to send' }).waitFor({ state: 'detached' });
    assert.equal(await adas.page.getByLabel('Message', { exact: true }).inputValue(), 'Typed meanwhile');

    const [shown] = [picture(graces, 'heron.jpg')];
    await shown.locator('canvas[data-drawn]').waitFor();
    const before = await shown.boundingBox();
    release();
    assert.deepEqual(await pictured(graces, 'heron.jpg'), { width: 427, height: 640 });
    assert.deepEqual(await shown.boundingBox(), before, 'nothing moved');
    const bubble = await graces.page
      .locator('.bubble', { has: graces.page.locator('.picture') })
      .boundingBox();
    assert.ok(before !== null && bubble !== null);
    assert.ok(before.x + before.width < bubble.x + bubble.width, 'it stays in its bubble on a phone');
    await adas.page
      .getByRole('link', { name: new RegExp(grace.username) })
      .getByText('You: Photo')
      .waitFor();

    // A second one beside words, the viewer over both, by keys alone.
    await handOver(adas, 'drop', [await photograph('crane.jpg')]);
    await write(adas, 'And a crane');
    await pictured(adas, 'crane.jpg');
    await picture(adas, 'heron.jpg').click();
    const viewer = adas.page.getByRole('dialog', { name: 'Photos' });
    const at = (text: string) => viewer.getByRole('status').filter({ hasText: text }).waitFor();
    await at('heron.jpg (1 of 2)');
    await viewer.getByRole('img', { name: 'heron.jpg' }).waitFor();
    await adas.page.keyboard.press('ArrowRight');
    await at('crane.jpg (2 of 2)');
    await adas.page.keyboard.press('ArrowRight');
    await adas.page.keyboard.press('Home');
    await at('heron.jpg (1 of 2)');
    const original = await viewer.getByRole('link', { name: 'Download the original' }).getAttribute('href');
    const { headers, bytes } = await fetch(original ?? '').then(async (response) => ({
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    }));
    assert.equal(headers.get('content-type'), 'image/jpeg');
    assert.ok(!bytes.includes('Exif'), 'no place left the phone');
    // The way back closes it, and leads nowhere else; so it does by Escape, which leaves no step behind.
    const steps = (): Promise<unknown> => adas.page.evaluate('[location.pathname, history.state]');
    const here = [path, null];
    await adas.page.evaluate('history.back()');
    await viewer.waitFor({ state: 'detached' });
    assert.deepEqual(await steps(), here);
    await picture(adas, 'heron.jpg').and(adas.page.locator(':focus')).waitFor();
    await adas.page.keyboard.press('Enter');
    await at('heron.jpg (1 of 2)');
    await adas.page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    await adas.page.evaluate(`new Promise((resolve) => {
      const look = () => (history.state === null ? resolve() : requestAnimationFrame(look));
      look();
    })`);
    assert.deepEqual(await steps(), here);
    await picture(adas, 'heron.jpg').and(adas.page.locator(':focus')).waitFor();

    // A deleted message shows none of it, a restored one does again; the details list what is left, by kind.
    await messageSaying(adas, 'And a crane').hover();
    await adas.page.getByRole('button', { name: 'What to do with this message' }).last().click();
    await adas.page.getByRole('menuitem', { name: 'Delete' }).click();
    await messageSaying(graces, 'Message deleted').waitFor();
    await picture(graces, 'crane.jpg').waitFor({ state: 'detached' });
    await adas.page.getByRole('link', { name: 'Details of the chat' }).click();
    const gallery = adas.page.getByRole('region', { name: 'Files' });
    await gallery.getByRole('button', { name: 'Photo: heron.jpg' }).waitFor();
    assert.equal(await gallery.getByRole('button', { name: /^Photo/ }).count(), 1);
    // And they go on doing so while they are open.
    await adas.page.getByRole('button', { name: 'Restore' }).click();
    await pictured(graces, 'crane.jpg');
    const crane = gallery.getByRole('button', { name: 'Photo: crane.jpg' });
    await crane.waitFor();
    const { body } = await ada.api.request<{ items: Message[] }>('GET', `/messages/chat/${chatId}`);
    await ada.api.request('DELETE', `/messages/${body.items[0]?.id}`);
    await crane.waitFor({ state: 'detached' });
    await gallery.getByRole('radio', { name: 'Documents' }).check();
    await gallery.getByText('Nothing here yet.').waitFor();
    const { id } = await ready(grace, textFile('It eats fish.'));
    const notes = { chat_id: chatId, content: '', attachment_ids: [id] };
    await grace.api.request('POST', '/messages', notes);
    await gallery.getByRole('link', { name: /notes\.txt/ }).waitFor();
    assertNothingWrong(adas, graces);
  });

  test('several are pasted, refused, removed, cancelled, and sent as one message', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const adas = await deviceOf(ada, `/chats/${chatId}`);
    const { page } = adas;
    const tray = page.getByRole('list', { name: 'Files to send' });
    await page.getByText('Nothing here yet').waitFor();
    const photo = await photograph();
    await handOver(adas, 'paste', [photo, { ...photo, file_name: 'empty.png', bytes: new Uint8Array() }]);
    await page.getByText('“empty.png” is empty').waitFor();
    await handOver(
      adas,
      'drop',
      Array.from({ length: 11 }, (_, index) => textFile(`${index}`, `note-${index}.txt`)),
    );
    await page.getByText('A message takes up to 10 files: 2 were left out.').waitFor();
    assert.equal(await tray.getByRole('listitem').count(), 10);
    const [notice, files] = await Promise.all([
      page.getByRole('status', { name: 'Notices' }).boundingBox(),
      tray.boundingBox(),
    ]);
    assert.ok(
      notice !== null && files !== null && notice.y + notice.height <= files.y,
      'nothing covers them',
    );
    for (let index = 8; index > 0; index -= 1) {
      await tray.getByRole('button', { name: `Remove note-${index}.txt` }).click();
    }
    // A file that is too large does not get as far as being read.
    await page.evaluate(`(() => {
      const file = new File([new Uint8Array(26 * 1024 * 1024)], 'film.mp4', { type: 'video/mp4' });
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
    })()`);
    await page.getByText('“film.mp4” has 27 MB. A file may have up to 25 MB.').waitFor();

    // Cancelled while it is on its way: nothing is sent.
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const isUpload = ({ pathname }: URL): boolean => /^\/[^/]+$/.test(pathname);
    await page.route(isUpload, async (route) => {
      await held;
      // The page has let go of it meanwhile.
      await route.abort().catch(() => undefined);
    });
    await write(adas, 'never');
    await page.getByRole('progressbar', { name: 'Upload of heron.jpg' }).waitFor();
    await page.locator('.message.sending').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.message.sending').waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'never', 'to be written on');
    release();
    await page.unroute(isUpload);

    await handOver(adas, 'paste', [photo, textFile('It eats fish.', 'notes.txt')]);
    await write(adas, 'Two at once');
    await pictured(adas, 'heron.jpg');
    const notes = page.getByRole('link', { name: /notes\.txt/ });
    assert.equal(await (await fetch((await notes.getAttribute('href')) ?? '')).text(), 'It eats fish.');
    const { body } = await ada.api.request<{ items: Message[] }>('GET', `/messages/chat/${chatId}`);
    assert.deepEqual(
      body.items.map(({ content, attachments }) => [content, attachments.map((one) => one.file_name)]),
      [['Two at once', ['heron.jpg', 'notes.txt']]],
    );

    // One that is not what it says: the message says why, and goes when it is told to.
    await handOver(adas, 'drop', [textFile('no picture', 'fake.png', 'image/png')]);
    await write(adas, '');
    const failure = page
      .getByRole('alert')
      .filter({ hasText: '“fake.png”: The file is not what it was declared as' });
    await failure.getByRole('button', { name: 'Try again' }).waitFor();
    const without = page.getByRole('button', { name: 'Send without it (fake.png)' });
    assert.equal(await without.count(), 0, 'nothing would be left');
    await failure.getByRole('button', { name: 'Discard' }).click();
    await failure.waitFor({ state: 'detached' });
    // Beside others it takes none of them with it, nor what was written, nor what that replies to.
    await page.getByRole('button', { name: 'Reply', exact: true }).last().click({ force: true });
    await handOver(adas, 'drop', [
      await photograph('crane.jpg'),
      textFile('no picture', 'fake.png', 'image/png'),
    ]);
    await write(adas, 'A crane');
    await failure.waitFor();
    await assertAccessible(adas, 'a message of which a file was refused');
    await without.click();
    await pictured(adas, 'crane.jpg');
    await stored(adas, 'A crane');
    await failure.waitFor({ state: 'detached' });
    const { body: after } = await ada.api.request<{ items: Message[] }>('GET', `/messages/chat/${chatId}`);
    assert.deepEqual(
      after.items.map(({ content, reply_to, attachments }) => [
        content,
        reply_to?.excerpt,
        attachments.map((one) => one.file_name),
      ]),
      [
        ['A crane', 'Two at once', ['crane.jpg']],
        ['Two at once', undefined, ['heron.jpg', 'notes.txt']],
      ],
    );
    assertNothingWrong(adas);
  });

  test('a picture that is chosen offline goes out after a reload, once, among the texts around it', async ({
    newDevice,
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const graces = await deviceOf(grace, `/chats/${chatId}`);
    const adas = await newDevice();
    const network = await cutOff(adas);
    await adas.page.reload();
    await logIn(adas, ada);
    await adas.page.getByRole('link', { name: new RegExp(grace.username) }).click();
    await adas.page.getByText('Nothing here yet').waitFor();
    await network.cut();
    await adas.page.getByText('You are offline.').first().waitFor();
    await write(adas, 'before');
    await handOver(adas, 'paste', [await photograph()]);
    await write(adas, 'the heron');
    await write(adas, 'after');
    await adas.page.locator('.message.sending').nth(2).waitFor();
    await adas.page.getByRole('list', { name: 'Files' }).locator('img').waitFor();
    // Without it there would be no list of chats to come back to.
    await kept(adas, [grace.username]);
    // The service cannot be reached, though the page can.
    await adas.page.route(
      (url) => url.pathname.startsWith('/api/'),
      (route) => route.abort(),
    );
    await adas.context.setOffline(false);
    await adas.page.reload();
    await adas.page.locator('.message.sending').nth(2).waitFor();
    await adas.page.getByRole('list', { name: 'Files' }).locator('img').waitFor();
    await adas.page.unrouteAll({ behavior: 'ignoreErrors' });
    await network.restore();
    await messageSaying(graces, 'after').waitFor();
    await pictured(graces, 'heron.jpg');
    assert.deepEqual(await textsOn(graces), ['before', 'the heron', 'after']);
    await adas.page.locator('.message.sending').first().waitFor({ state: 'detached' });
    assert.equal(
      await adas.page.evaluate(
        `new Promise((resolve) => {
          const opening = indexedDB.open('chat-service');
          opening.onsuccess = () => {
            const keys = opening.result.transaction('files').objectStore('files').getAllKeys();
            keys.onsuccess = () => resolve(keys.result.length);
          };
        })`,
      ),
      0,
      'nothing of it is left on the device',
    );
    assertNothingWrong(adas, graces);
  });

  test('people and groups have pictures, which are cut on the device', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(ada, group.id, 'Look at me');
    const adas = await deviceOf(ada, `/chats/${group.id}/details`);
    const { page } = adas;
    const photo = await photograph();
    const file = { name: photo.file_name, mimeType: photo.content_type, buffer: Buffer.from(photo.bytes) };
    const choose = async (title: string): Promise<void> => {
      await page.getByLabel(title, { exact: true }).setInputFiles(file);
      const editor = page.getByRole('dialog', { name: title });
      const cropper = editor.getByRole('application');
      await cropper.focus();
      for (const key of ['+', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key);
      assert.equal(await editor.getByRole('slider', { name: 'Size' }).inputValue(), '1.2');
      await editor.getByRole('button', { name: 'Save' }).click();
      await editor.waitFor({ state: 'detached' });
    };
    await choose('Picture of the group');
    await page.getByRole('button', { name: 'Change the picture' }).waitFor();
    // The list shows the time by which it is sorted.
    const { body: changed } = await ada.api.request<ChatDetail>('GET', `/chats/${group.id}`);
    await page.locator(`.chat-row time[datetime="${changed.updated_at}"]`).waitFor();
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Your account' }).click();
    await choose('Your picture');
    const account = page.getByRole('dialog', { name: 'Your account' });
    await account.getByRole('button', { name: 'Remove the picture' }).waitFor();

    const graces = await deviceOf(grace, `/chats/${group.id}`);
    const natural = (device: Device, within: string): Promise<unknown> =>
      device.page
        .locator(`${within} .avatar img`)
        .first()
        .evaluate(async (image: unknown) => {
          const shown = image as { readonly naturalWidth: number; decode(): Promise<void> };
          await shown.decode();
          return shown.naturalWidth;
        });
    for (const place of ['.chat-row', '.bar', '.message'])
      assert.equal(await natural(graces, place), 512, place);

    await account.getByRole('button', { name: 'Remove the picture' }).click();
    await account.getByRole('button', { name: 'Choose a picture' }).waitFor();
    await account.locator('.avatar-choice:focus').waitFor();
    // The picture is gone from where it was: initials stand in its place.
    await graces.page.reload();
    await messageSaying(graces, 'Look at me').locator('.avatar').waitFor();
    await graces.page.locator('.message .avatar img').waitFor({ state: 'detached' });
    assert.equal(await natural(graces, '.bar'), 512);
    assertNothingWrong(adas, graces);
  });

  test('URLs that work no more are asked for again', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    const files = [await ready(ada, await photograph()), await ready(ada, textFile('It eats fish.'))];
    const body = { chat_id: chatId, content: 'Kept', attachment_ids: files.map(({ id }) => id) };
    await ada.api.request('POST', '/messages', body);
    const graces = await deviceOf(grace);
    // As when the page was left open, or opened from what it keeps.
    await graces.page.route(
      (url) => url.pathname.startsWith('/api/v1/messages/chat/'),
      async (route) => {
        const response = await route.fetch();
        const history = (await response.json()) as { items: Message[] };
        for (const { attachments } of history.items) {
          for (const one of attachments) {
            one.urls_expire_at = new Date(Date.now() - 1000).toISOString();
            one.url = `${one.url}expired`;
            one.thumbnail_url &&= `${one.thumbnail_url}expired`;
          }
        }
        await route.fulfill({ response, json: history });
      },
    );
    await graces.page.getByRole('link', { name: new RegExp(ada.username) }).click();
    assert.deepEqual(await pictured(graces, 'heron.jpg'), { width: 427, height: 640 });
    const download = graces.page.waitForEvent('download');
    const popup = graces.context.waitForEvent('page');
    await graces.page.getByRole('link', { name: /notes\.txt/ }).click();
    const done = await Promise.race([download, popup.then((page) => page.waitForEvent('download'))]);
    assert.equal(done.suggestedFilename(), 'notes.txt');
    assertNothingWrong(graces);
  });
});

suite('five thousand messages', () => {
  test('they scroll upwards, keep their place, and stay smooth', async ({ deviceOf, t }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const chatId = await directChat(ada, grace);
    await send(grace, chatId, 'A real one, for the list');
    const adas = await deviceOf(ada);
    const { page } = adas;

    const TOTAL = 5000;
    const start = Date.parse('2026-01-01T08:00:00.000Z');
    const messageAt = (seq: number): Message => ({
      id: seq,
      message_id: `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      chat_id: chatId,
      seq,
      rev: seq,
      sender_id: seq % 3 === 0 ? ada.id : grace.id,
      sender_username: seq % 3 === 0 ? ada.username : grace.username,
      content: `Message ${seq} ${'with some more words '.repeat(seq % 7)}`,
      message_type: 'text',
      timestamp: new Date(start + seq * 600_000).toISOString(),
      ...untouched(),
    });
    // The service answers for its own speed elsewhere; to write so many would take longer than to look at them.
    await page.route(`**/api/v1/messages/chat/${chatId}*`, async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const before = Math.min(Number(query.get('before_seq') ?? TOTAL + 1), TOTAL + 1);
      const limit = Number(query.get('limit'));
      const items = Array.from({ length: Math.min(limit, before - 1) }, (_, index) =>
        messageAt(before - 1 - index),
      );
      const first = before - items.length;
      await route.fulfill({
        headers: { 'access-control-allow-origin': '*' },
        json: { items, limit, has_more: first > 1, next_before_seq: first > 1 ? first : null },
      });
    });
    await page.getByRole('link', { name: new RegExp(grace.username) }).click();
    await messageSaying(adas, 'Message 5000').waitFor();

    // The place: the first message in sight stays where it is while what is above it arrives.
    const result = (await page.evaluate(`(async () => {
      const list = document.querySelector('.messages');
      const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
      const inSight = async () => {
        const { top, left, width } = list.getBoundingClientRect();
        let one = null, waited = 0;
        for (let y = 4; one === null; y += 20) {
          // What has just come into sight cannot be hit before it is drawn.
          if (y > 600) {
            y = 4;
            await frame();
            if ((waited += 1) > 300) throw new Error('nothing is in sight');
          }
          one = document.elementFromPoint(left + width / 2, top + y).closest('.message');
        }
        return { seq: one.dataset.seq, top: one.getBoundingClientRect().top };
      };
      let longest = 0, worstShift = 0, last = await frame(), added = 0, removed = 0;
      const rowsIn = (nodes) =>
        [...nodes].reduce((sum, node) => sum + (node.nodeType !== 1 ? 0 :
          node.matches('.message') ? 1 : node.querySelectorAll('.message').length), 0);
      const begun = list.querySelectorAll('.message').length;
      const drawn = new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) {
          added += rowsIn(addedNodes);
          removed += rowsIn(removedNodes);
        }
      });
      drawn.observe(list, { childList: true, subtree: true });
      const count = () => list.querySelectorAll('.message').length;
      /** What the count would be, without going through all of them with each frame. */
      const loaded = () => begun + added - removed;
      while (loaded() < ${TOTAL}) {
        list.scrollTop -= 5000;
        await frame();
        const before = await inSight(), known = loaded();
        for (let wait = 0; wait < 200 && loaded() === known && list.scrollTop < 1200; wait += 1) {
          const now = await frame();
          longest = Math.max(longest, now - last);
          last = now;
        }
        const same = list.querySelector('[data-seq="' + before.seq + '"]').getBoundingClientRect().top;
        worstShift = Math.max(worstShift, Math.abs(same - before.top));
        last = await frame();
      }
      list.scrollTop = 0;
      await frame();
      return { longest, worstShift, drawnAnew: removed + added - (count() - begun), first: (await inSight()).seq };
    })()`)) as {
      longest: number;
      worstShift: number;
      drawnAnew: number;
      first: string;
    };
    t.diagnostic(JSON.stringify(result));
    assert.equal(result.first, '1');
    assert.ok(result.worstShift < 2, `moved by ${result.worstShift} px`);
    // What keeps frames short, whatever the machine: nothing that is there is made again when older messages come.
    assert.equal(result.drawnAnew, 0);
    await page.getByText('This is where it began.').waitFor();

    // With all of them there, writing is as quick as ever.
    await page.getByRole('button', { name: 'To the newest message' }).click();
    await write(adas, 'one more');
    await messageSaying(adas, 'one more').waitFor();
    assertNothingWrong(adas);
  });
});
