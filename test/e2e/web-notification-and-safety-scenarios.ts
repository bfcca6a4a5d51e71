import assert from 'node:assert/strict';
import type { BrowserContextOptions } from 'playwright-core';
import type { NotableMessage } from '../../lib/web/worker/protocol.ts';
import type { ChatDetail } from '../../functions/contract/schemas.ts';
import { textFile } from '../support/uploads.ts';
import { newGroup, newModerators, newPeople, send, webUrl, type Person } from '../support/people.ts';
import {
  assertAccessible,
  assertNothingWrong,
  handOver,
  logIn,
  messageSaying,
  online,
  stored,
  textsOn,
  write,
  type Device,
  type TestOnDevices,
} from '../support/web-page.ts';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly silent: boolean;
}

/** A device whose browser allows notifications and runs the service worker. */
const withWorker: BrowserContextOptions = { serviceWorkers: 'allow', permissions: ['notifications'] };

const workerIsReady = ({ page }: Device): Promise<unknown> =>
  page.evaluate(`navigator.serviceWorker.ready.then(() => undefined)`);

/** Waits until a device shows exactly these notifications. */
const notified = async (
  { page }: Device,
  ...wanted: readonly (Partial<Shown> & { readonly title: string })[]
): Promise<void> => {
  await page.waitForFunction(
    `navigator.serviceWorker.ready
      .then((registration) => registration.getNotifications())
      .then((found) => {
        const wanted = ${JSON.stringify(wanted)};
        const isSo = (one) => wanted.some((w) => Object.entries(w).every(([name, value]) => one[name] === value));
        return found.length === wanted.length && found.every(isSo);
      })`,
  );
};

/** Delivers push messages like the browser's push service, which a headless browser does not have. */
const pushTo = async ({ context, page }: Device): Promise<(message: NotableMessage) => Promise<void>> => {
  const devTools = await context.newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    devTools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => {
      if (first !== undefined) resolve(first.registrationId);
    });
  });
  await devTools.send('ServiceWorker.enable');
  const registrationId = await registered;
  return async (message) => {
    await devTools.send('ServiceWorker.deliverPushMessage', {
      origin: webUrl(),
      registrationId,
      data: JSON.stringify({ type: 'message', id: message.seq, ...message }),
    });
  };
};

/** Makes the page believe that it has lost or gained the focus; in a headless browser it always has the focus. */
const look = async ({ page }: Device, isHere: boolean): Promise<void> => {
  await page.evaluate(`document.hasFocus = () => ${isHere}; dispatchEvent(new Event('focus'))`);
};

const openAccount = async ({ page }: Device): Promise<void> => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
};

const turnOn = async (device: Device): Promise<void> => {
  const { page } = device;
  await openAccount(device);
  await page.getByText('Notifications', { exact: true }).click();
  await page.getByRole('switch', { name: 'Notify me in this browser' }).click();
  await page.getByText('Only while this page is open in a tab').waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
};

/** Tests of notifications, blocks, reports and moderation on the page, for a suite that has a browser. */
export const testNotificationsAndSafety = (test: TestOnDevices): void => {
  test('asks whether to notify once there is a reason, and not again', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const device = await deviceOf(ada, `/chats/${group.id}`, withWorker);
    const { page } = device;
    await workerIsReady(device);
    await page.reload();
    await online(device);
    const offer = page.getByRole('region', { name: 'Notifications' });
    await messageSaying(device, '').first().or(page.getByText('Say hello.')).waitFor();
    assert.equal(await offer.count(), 0);
    await write(device, 'Hello');
    await offer.waitFor();
    await stored(device, 'Hello');
    await assertAccessible(device, 'the offer to notify');
    await page.getByRole('button', { name: 'Not now' }).click();
    await offer.waitFor({ state: 'detached' });
    await page.reload();
    await online(device);
    await write(device, 'Hello again');
    await stored(device, 'Hello again');
    assert.equal(await offer.count(), 0);

    await turnOn(device);
    await openAccount(device);
    await page.getByText('Notifications', { exact: true }).click();
    const quiet = page.getByRole('switch', { name: 'Quiet hours' });
    await quiet.click();
    await page.getByText('In the time zone Europe/Berlin.').waitFor();
    await page.getByLabel('From').fill('21:30');
    const saved = page.waitForResponse((response) =>
      (response.request().postData() ?? '').includes('"preview":false'),
    );
    await page.getByRole('switch', { name: 'Show what was written' }).click();
    await saved;
    await assertAccessible(device, 'the settings of notifications');
    await page.setViewportSize({ width: 340, height: 700 });
    assert.equal(
      await page.evaluate(`(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(
      document.querySelector('.account'))`),
      0,
    );
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await online(device);
    const { body: settings } = await ada.api.request('GET', '/users/me/notifications');
    assert.deepEqual(settings, {
      preview: false,
      quiet: { from: '21:30', to: '07:00', time_zone: 'Europe/Berlin' },
    });
    await openAccount(device);
    await page.getByText('Notifications', { exact: true }).click();
    assert.equal(await page.getByRole('switch', { name: 'Notify me in this browser' }).isChecked(), true);
    await page.getByRole('switch', { name: 'Notify me in this browser' }).click();
    await page.getByText('Your browser will ask for permission.').waitFor();
    assertNothingWrong(device);
  });

  test('notifies of each message once, one notification a chat, and clears what was read', async ({
    deviceOf,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const { body: direct } = await grace.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [ada.id],
    });
    const device = await deviceOf(ada, '/', withWorker);
    const { page } = device;
    await workerIsReady(device);
    await page.reload();
    await online(device);
    await turnOn(device);
    const push = await pushTo(device);
    const ofGroup = (seq: number, unread_total: number, preview: string | null): NotableMessage => ({
      chat_id: group.id,
      seq,
      chat_name: 'A group',
      sender_username: grace.username,
      preview,
      mention: false,
      unread_total,
    });

    // A hidden page notifies by itself, and the push of the same message adds nothing.
    await look(device, false);
    const first = await send(grace, group.id, 'The first');
    await notified(device, { title: 'A group', body: `${grace.username}: The first`, silent: true });
    await push(ofGroup(first.seq, 1, 'The first'));
    await push(ofGroup(first.seq + 1, 2, 'The second'));
    await push({
      ...ofGroup(1, 3, null),
      chat_id: direct.id,
      chat_name: null,
    });
    const two = { title: 'A group', body: `2 new messages\n${grace.username}: The second` };
    await notified(device, two, { title: grace.username, body: 'New message' });

    // Read on another device: it is cleared here, and a late push brings it back no more.
    const second = await send(grace, group.id, 'The second');
    assert.equal(second.seq, first.seq + 1);
    await ada.api.request('POST', `/chats/${group.id}/read`, { last_read_seq: second.seq });
    await notified(device, { title: grace.username });
    await push(ofGroup(second.seq, 1, 'The second'));
    // Nothing else is unread, so the other chat was read as well.
    await push(ofGroup(second.seq + 1, 1, 'The third'));
    await notified(device, { title: 'A group', body: `${grace.username}: The third` });

    // What it tells of opens by a click, in the tab that is there.
    const third = await send(grace, group.id, 'The third');
    await page.evaluate(`navigator.serviceWorker.ready`);
    const [worker] = device.context.serviceWorkers();
    assert.ok(worker !== undefined);
    await worker.evaluate(`(async () => {
      for (;;) {
        const [notification] = await self.registration.getNotifications();
        if (notification === undefined) continue;
        self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
        return;
      }
    })()`);
    await page.waitForURL(`**/chats/${third.chat_id}`);
    await messageSaying(device, 'The third').waitFor();
    await look(device, true);
    await notified(device);

    // Muted in the menu of the list: no number, no notification.
    await page.getByRole('link', { name: /A group/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Mute for ever' }).click();
    await page.getByRole('link', { name: /A group\s*, muted/ }).waitFor();
    await look(device, false);
    await page.evaluate(`history.pushState(null, '', '/'); dispatchEvent(new PopStateEvent('popstate'))`);
    await send(grace, group.id, 'Into the void');
    await send(grace, direct.id, 'Are you there?');
    await notified(device, { title: grace.username, body: 'Are you there?' });
    await page.getByRole('link', { name: /Into the void/ }).waitFor();
    assert.equal(await page.title(), '(1) Chat');

    // Nobody who logs in next is shown what was for Ada.
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await notified(device);
    assertNothingWrong(device);
  });

  test('a chat that is looked at notifies of nothing, and a subscription is registered', async ({
    newDevice,
  }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const device = await newDevice(`/chats/${group.id}`, withWorker);
    const { page } = device;
    await workerIsReady(device);
    // The browser's part of subscribing, which takes its maker's servers.
    await device.context.addInitScript(`{
      const subscription = {
        endpoint: 'https://fcm.googleapis.com/fcm/send/' + '${ada.username}',
        options: { applicationServerKey: null },
        unsubscribe: async () => { localStorage.setItem('unsubscribed', '1'); return true; },
        toJSON() {
          return {
            endpoint: this.endpoint,
            keys: {
              p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
              auth: 'BTBZMqHH6r4Tts7J_aSIgg',
            },
          };
        },
      };
      let current = null;
      PushManager.prototype.subscribe = async () => (current = subscription);
      PushManager.prototype.getSubscription = async () => current;
    }`);
    await page.reload();
    await logIn(device, ada);
    await openAccount(device);
    await page.getByText('Notifications', { exact: true }).click();
    await page.getByRole('switch', { name: 'Notify me in this browser' }).click();
    await page.getByText('Also while this page is closed.').waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: '(this browser)' })
      .getByText('Chrome on Linux')
      .waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();

    const push = await pushTo(device);
    const message = { chat_name: null, sender_username: 'grace', preview: 'Hello', mention: false };
    await push({ ...message, chat_id: group.id, seq: 1, unread_total: 1 });
    await push({ ...message, chat_id: group.id + 1, seq: 1, unread_total: 2 });
    await notified(device, { title: 'grace', tag: `chat-${group.id + 1}` });

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.waitForFunction(`localStorage.getItem('unsubscribed') === '1'`);
    assertNothingWrong(device);
  });

  test('somebody is reported and blocked, hidden and let in again', async ({ deviceOf }) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const spam = await send(grace, group.id, `@${ada.username} Buy now!`, { mentions: [ada.id] });
    await ada.api.request('PUT', `/messages/${spam.id}/pin`);
    const answer = await send(ada, group.id, 'No, thank you', { reply_to_id: spam.id });
    await grace.api.request('PUT', `/messages/${answer.id}/reactions/${encodeURIComponent('👍')}`);
    const { body: direct } = await grace.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [ada.id],
    });
    await send(grace, direct.id, 'Psst');
    const adas = await deviceOf(ada, `/chats/${group.id}`);
    const { page } = adas;
    const said = (text: string) =>
      page.locator('.message', { has: page.locator('.text', { hasText: text }) });
    for (const time of ['first', 'again']) {
      await said('Buy now!').hover();
      await said('Buy now!').getByRole('button', { name: 'What to do with this message' }).click();
      await page.getByRole('menuitem', { name: 'Report…' }).click();
      const form = page.getByRole('form', { name: 'Report' });
      await form.getByLabel('Spam').check();
      await form.getByLabel(/What should the moderators know/).fill('Third time today');
      if (time === 'first') await assertAccessible(adas, 'a report');
      await form.getByRole('button', { name: 'Report' }).click();
      await page.getByText('The moderators will look at it.').waitFor();
      await page.locator('button:focus', { hasText: 'Done' }).waitFor();
      if (time === 'first') await page.keyboard.press('Enter');
    }
    await page.getByRole('button', { name: `Block ${grace.username}` }).click();
    await page.getByRole('dialog', { name: `Block ${grace.username}?` }).waitFor();
    await page.getByRole('button', { name: 'Block', exact: true }).click();
    const instead = 'Message from somebody you blocked';
    const hidden = page.locator('.message:not(.mine)').filter({ hasText: instead });
    await hidden.waitFor();
    assert.deepEqual(await textsOn(adas), ['No, thank you']);
    await assertAccessible(adas, 'a conversation with somebody who is blocked');

    // Wherever else something of it stood: the pins, a reply, a search, the mentions; and who reacted.
    const pins = page.getByRole('region', { name: 'Pinned messages' });
    await pins.getByText(instead).waitFor();
    await page.getByRole('button', { name: `In reply to ${grace.username}: ${instead}` }).waitFor();
    await pins.getByRole('button', { name: /^All/ }).click();
    await page.getByRole('dialog', { name: 'Pinned messages' }).getByText(instead).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Who reacted' }).click({ force: true });
    const reactions = page.getByRole('dialog', { name: 'Reactions' });
    await reactions.getByRole('listitem').getByText('Somebody you blocked').waitFor();
    assert.equal(await reactions.getByText(grace.username).count(), 0);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Mentions' }).click();
    const mentions = page.getByRole('region', { name: 'Mentions' });
    await mentions.getByText('Nobody').waitFor();
    await page.getByLabel('Search chats and messages').fill('Buy');
    const results = page.getByRole('navigation', { name: 'Search results' });
    await results.getByText(instead).waitFor();
    await assertAccessible(adas, 'lists with what somebody wrote who is blocked');
    assert.doesNotMatch(await page.content(), /Buy now/);
    // What is shown in one place is shown in all.
    await results.getByRole('button', { name: 'Show' }).click();
    await results.getByRole('link', { name: /Buy now!/ }).click();
    await said('Buy now!').waitFor();
    await pins.getByText('Buy now!').waitFor();
    await page.reload();
    await hidden.getByRole('button', { name: 'Show' }).click();
    await said('Buy now!').waitFor();

    // Neither writes to the other: one knows why, the other does not.
    await page.getByRole('link', { name: new RegExp(grace.username) }).click();
    await page.getByText('You have blocked this person').waitFor();
    assert.equal(await page.getByLabel('Message', { exact: true }).count(), 0);
    await handOver(adas, 'paste', [textFile('And another thing')]);
    const notices = page.getByRole('status', { name: 'Notices' });
    await notices.getByText('You have blocked this person').waitFor();
    await messageSaying(adas, 'Psst').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Reply' }).click();
    await notices.getByText('You have blocked this person').nth(1).waitFor();
    const graces = await deviceOf(grace, `/chats/${direct.id}`);
    await write(graces, 'Hello?');
    await graces.page.getByText('You and this person cannot write to each other.').last().waitFor();
    assert.equal(await graces.page.getByText(/block/i).count(), 0);

    await openAccount(adas);
    await page.getByText('Blocked people').click();
    await assertAccessible(adas, 'the list of blocked people');
    await page.getByRole('button', { name: `Unblock ${grace.username}` }).click();
    await page.getByText('You have not blocked anybody.').waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByLabel('Message', { exact: true }).waitFor();
    assert.equal(await page.locator('.editing').count(), 0);
    assert.equal(await page.getByRole('list', { name: 'Files to send' }).count(), 0);
    assertNothingWrong(adas, graces);
  });

  test('a moderator sees what was reported, and suspends; another one learns who did', async ({
    deviceOf,
  }) => {
    const [moderator, other] = (await newModerators()) as [Person, Person];
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const spam = await send(grace, group.id, 'Buy now!');
    await send(ada, group.id, 'No, thank you');
    const { body: report } = await ada.api.request<{ id: number }>('POST', '/reports', {
      message_id: spam.id,
      reason: 'spam',
      comment: 'Third time today',
    });
    await grace.api.request('DELETE', `/messages/${spam.id}`);
    const graces = await deviceOf(grace);
    await graces.page.getByRole('link', { name: /A group/ }).waitFor();

    const device = await deviceOf(moderator);
    const { page } = device;
    await openAccount(device);
    await page.getByRole('link', { name: 'Moderation' }).click();
    await page.getByRole('link', { name: new RegExp(grace.username) }).click();
    const article = page.getByRole('article', { name: 'Report' });
    await article.getByText('Third time today').waitFor();
    await article.locator('.reported').getByText('Buy now!').waitFor();
    await article.locator('.context').getByText('No, thank you').waitFor();
    await assertAccessible(device, 'a report, as moderators see it');
    const resolving = page.getByRole('form', { name: 'Resolve the report' });
    await resolving.getByLabel('Suspend the account').check();
    await resolving.getByLabel('Suspended for').selectOption('a week');
    await resolving.getByLabel(/^Note/).fill('Spam in many groups');

    const others = await deviceOf(other, `/moderation/${report.id}`);
    const theirs = others.page.getByRole('form', { name: 'Resolve the report' });
    await theirs.getByLabel('Dismiss it').check();

    await resolving.getByRole('button', { name: 'Resolve' }).click();
    await article.getByText(`@${moderator.username} suspended the account until`).waitFor();
    await theirs.getByRole('button', { name: 'Resolve' }).click();
    await others.page.getByText('Another moderator has resolved this report meanwhile.').waitFor();
    await others.page.getByText(`@${moderator.username} suspended the account until`).waitFor();

    await graces.page.getByText('This account is suspended.').waitFor();
    await graces.page.getByRole('button', { name: /^Account of/ }).click();
    await graces.page.getByRole('menuitem', { name: 'Log out' }).click();
    const form = graces.page.getByRole('form', { name: 'Log in' });
    await form.getByLabel('Username or e-mail').fill(grace.username);
    await form.getByLabel('Password').fill(grace.password);
    await form.getByLabel('Password').press('Enter');
    await form.getByText(/This account is suspended until \d+ \w+ \d{4}/).waitFor();

    await article.getByRole('button', { name: 'Lift the suspension' }).click();
    await article.getByText(`@${moderator.username} lifted the suspension`).waitFor();
    await form.getByLabel('Password').press('Enter');
    await online(graces);

    // Without a report, too: here from the details of a direct chat.
    const { body: direct } = await moderator.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    await page.goto(`${webUrl()}/chats/${direct.id}/details`);
    const suspension = page.getByRole('form', { name: 'Suspension' });
    const open = (): Promise<void> => page.getByRole('button', { name: 'Suspend…' }).click();
    await open();
    await suspension.getByLabel('Suspended for').selectOption('a day');
    await assertAccessible(device, 'a suspension without a report');
    await suspension.getByRole('button', { name: 'Suspend' }).click();
    await page.getByText(`${grace.username} is suspended.`).waitFor();
    await graces.page.getByText('This account is suspended').waitFor();
    await open();
    await suspension.getByLabel('Lift the suspension').check();
    await suspension.getByRole('button', { name: 'Lift' }).click();
    await page.getByText(`${grace.username} is not suspended any more.`).waitFor();
    assert.equal((await grace.api.request('GET', '/users/me')).status, 200);
    assertNothingWrong(device, others, graces);
  });
};
