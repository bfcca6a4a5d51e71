import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import sharp from 'sharp';
import { readArguments } from '../../bin/arguments.ts';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import type { ChatDetail, Message } from '../../functions/contract/schemas.ts';
import type { Invite } from '../../functions/invites/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { openChromium } from '../support/chromium.ts';
import { startLocalService } from '../support/local-service.ts';
import { openMailbox } from '../support/mails.ts';
import { ready, textFile, type LocalFile } from '../support/uploads.ts';
import { logIn, messageSaying, openDevice, stored, write } from '../support/web-page.ts';

readArguments({
  usage: 'npm run screenshots    takes the pictures of the page anew, with people who have something to say',
  options: {},
});
const folder = join(import.meta.dirname, 'screenshots');
const password = 'correct horse battery';

const service = await startLocalService({ environment: { MODERATORS: 'ada' } });
const api = createHttpClient(`${service.httpUrl}/api/v1`);
const mails = openMailbox(join(service.dataDirectory, 'mail'));

interface Person {
  readonly id: number;
  readonly username: string;
  readonly api: HttpClient;
}

const enter = async (username: string, fullName: string): Promise<Person> => {
  const account = { username, email: `${username}@example.org`, password, full_name: fullName };
  const { body } = await api.request<OwnProfile>('POST', '/users/register', account);
  const [mail] = await mails.waitFor(account.email);
  const [, token] = /token=(\S+)/.exec(mail?.text ?? '') ?? [];
  await api.request('POST', '/users/email/verify', { token });
  const login = await api.request<{ access_token: string }>('POST', '/users/login', { username, password });
  return { id: body.id, username, api: api.as(login.body.access_token) };
};

const say = async (person: Person, chatId: number, content: string, more: object = {}): Promise<Message> =>
  (await person.api.request<Message>('POST', '/messages', { chat_id: chatId, content, ...more })).body;

const react = async ({ id }: Message, emoji: string, ...people: readonly Person[]): Promise<void> => {
  for (const { api: own } of people) {
    await own.request('PUT', `/messages/${id}/reactions/${encodeURIComponent(emoji)}`);
  }
};

/** A landscape with hills, like a phone's photograph. */
const landscape = async (hue: number, file_name: string): Promise<LocalFile> => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1066">
    <defs><linearGradient id="sky" x2="0" y2="1">
      <stop offset="0" stop-color="hsl(${hue} 55% 42%)"/><stop offset="0.6" stop-color="hsl(${(hue + 30) % 360} 70% 82%)"/>
    </linearGradient></defs>
    <rect width="1600" height="1066" fill="url(#sky)"/>
    <circle cx="1130" cy="400" r="90" fill="hsl(48 95% 88%)"/>
    <path d="M0 640 Q300 480 640 610 T1240 560 T1600 620 V1066 H0z" fill="hsl(${hue} 30% 40%)"/>
    <path d="M0 780 Q420 640 820 760 T1600 720 V1066 H0z" fill="hsl(${hue} 34% 27%)"/>
    <path d="M0 930 Q560 820 1000 910 T1600 890 V1066 H0z" fill="hsl(${hue} 38% 16%)"/>
  </svg>`;
  const bytes = Uint8Array.from(await sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer());
  return { bytes, file_name, content_type: 'image/jpeg' };
};

const open = async (person: Person, others: readonly Person[], name?: string): Promise<number> => {
  const participant_ids = others.map(({ id }) => id);
  const body =
    name === undefined
      ? { chat_type: 'direct', participant_ids }
      : { chat_type: 'group', name, participant_ids };
  return (await person.api.request<ChatDetail>('POST', '/chats', body)).body.id;
};

try {
  const ada = await enter('ada', 'Ada Lovelace');
  const grace = await enter('grace', 'Grace Hopper');
  const alan = await enter('alan', 'Alan Turing');
  const emmy = await enter('emmy', 'Emmy Noether');
  const hedy = await enter('hedy', 'Hedy Lamarr');
  const omar = await enter('omar', 'عمر الخيام');

  const poetry = await open(ada, [omar]);
  await say(omar, poetry, 'صباح الخير يا آدا');
  await say(ada, poetry, 'Good morning, Omar. The calendar looks right to me.');
  await say(omar, poetry, 'شكراً! سأرسل الحسابات غداً.');
  const radio = await open(ada, [hedy]);
  await say(hedy, radio, 'The hopping works on the bench. Shall I bring it on Friday?');
  await say(ada, radio, 'Please do.');
  const letters = await open(ada, [alan]);
  await say(alan, letters, 'Can machines think? I wrote something about it.');
  await say(ada, letters, 'Send it over, I will read it tonight.');
  const weekend = await open(emmy, [ada, grace, hedy], 'Weekend hike');
  await say(emmy, weekend, 'Saturday at nine, at the station?');
  await say(hedy, weekend, 'I am in 🥾');
  await say(emmy, weekend, 'The weather says sun.');
  const engine = await open(ada, [grace, alan, emmy, hedy], 'Analytical Engine');
  const notes = await say(
    grace,
    engine,
    'Morning, all. The release notes are at https://notes.example.org/engine/2.1 — please read them before noon.',
  );
  await ada.api.request('PUT', `/messages/${notes.id}/pin`);
  const moth = await say(grace, engine, 'I found a moth in relay 70. Taped it into the log book.');
  await react(moth, '🦋', alan, emmy, hedy);
  await react(moth, '😮', ada);
  await say(alan, engine, 'A *real* one? 😄 Then `relay 70` was:\n- not broken\n- **inhabited**', {
    reply_to_id: moth.id,
  });
  await say(ada, engine, 'That makes it the first bug that anybody can point at.');
  const done = await say(ada, engine, 'Note G is done: it computes the Bernoulli numbers now.');
  await react(done, '🎉', grace, alan, emmy);
  const wrong = await say(emmy, engine, 'Wrong chat, sorry');
  const symmetry = await say(
    emmy,
    engine,
    'Lovely, @ada. Every symmetry in it gives something that is conserved.',
    { mentions: [ada.id] },
  );
  await emmy.api.request('PUT', `/messages/${symmetry.id}`, {
    content: 'Lovely, @ada. Every symmetry in it gives us something that is conserved.',
  });
  await ada.api.request('PUT', `/chats/${engine}`, {
    description: 'Everything that weaves algebraic patterns.',
  });
  const salon = await open(omar, [alan, hedy], 'Mathematical salon');
  const { body: invite } = await omar.api.request<Invite>('POST', `/chats/${salon}/invites`, {});
  const birds = await open(ada, [emmy, grace], 'Birds');
  const [lake, dunes, meadow, sightings] = await Promise.all([
    ready(emmy, await landscape(210, 'lake at dawn.jpg')),
    ready(emmy, await landscape(28, 'dunes.jpg')),
    ready(emmy, await landscape(140, 'meadow.jpg')),
    ready(emmy, textFile('Grey heron, 6:40.', 'sightings.txt')),
  ]);
  await say(ada, birds, 'Did the heron come?');
  await say(emmy, birds, 'Not today, but look at the light.', { attachment_ids: [lake.id] });
  await say(emmy, birds, '', { attachment_ids: [dunes.id, meadow.id, sightings.id] });
  const direct = await open(ada, [grace]);
  await say(grace, direct, 'Do you have a minute before the review?');

  const mallory = await enter('mallory', 'Mallory');
  const deals = await open(mallory, [grace, hedy], 'Deals of the day');
  const offer = await say(mallory, deals, 'Relays at half the price! Write to me before midnight.');
  await say(hedy, deals, 'Who added me to this?');
  const report = { message_id: offer.id, reason: 'spam', comment: 'The third group of this kind today.' };
  await grace.api.request('POST', '/reports', report);
  await ada.api.request('PUT', '/users/me/notifications', {
    preview: true,
    quiet: { from: '22:00', to: '07:00', time_zone: 'Europe/Berlin' },
  });
  const forEver = { muted_until: '9999-12-31T23:59:59.000Z' };
  await ada.api.request('PUT', `/chats/${weekend}/notifications`, forEver);

  const browser = await openChromium('whole');
  if (browser === undefined) throw new Error('There is no Chromium here, and it cannot be installed.');
  mkdirSync(folder, { recursive: true });

  // Two who are there while the pictures are taken.
  const graces = await openDevice(browser, service.webUrl, {}, `/chats/${engine}`);
  await logIn(graces, { username: 'grace', password });
  const alans = await openDevice(browser, service.webUrl, {}, `/chats/${engine}`);
  await logIn(alans, { username: 'alan', password });
  await messageSaying(alans, 'Note G is done').waitFor();
  await messageSaying(graces, 'Note G is done').waitFor();

  const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
  const phone: BrowserContextOptions = {
    viewport: { width: 390, height: 780 },
    deviceScaleFactor: 1.5,
    hasTouch: true,
    isMobile: true,
  };
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, options] of Object.entries({ desktop, phone })) {
      const device = await openDevice(browser, service.webUrl, { ...options, colorScheme });
      const { page } = device;
      const shoot = (name: string) =>
        page.screenshot({
          path: join(folder, `${name}-${width}-${colorScheme}.png`),
          animations: 'disabled',
        });
      await page.getByRole('form', { name: 'Log in' }).waitFor();
      await shoot('sign-in');
      await logIn(device, { username: 'ada', password });
      await page.getByRole('link', { name: /Weekend hike/ }).waitFor();
      if (width === 'phone') await shoot('chats');
      await page.getByRole('link', { name: /Analytical Engine/ }).click();
      await messageSaying(device, 'Every symmetry').waitFor();
      if (colorScheme === 'light' && width === 'desktop') {
        await emmy.api.request('DELETE', `/messages/${wrong.id}`);
        await say(alan, engine, 'Shall we look at it together at three?');
        await write(device, 'Three is fine. I bring the cards.');
        await stored(device, 'I bring the cards');
      }
      await messageSaying(device, 'I bring the cards').waitFor();
      const field = graces.page.getByLabel('Message', { exact: true });
      await field.fill('');
      await field.blur();
      await field.pressSequentially('And I ');
      await page.locator('.typing.shown').waitFor();
      await shoot('group');
      await page.getByRole('link', { name: 'Search in this chat' }).click();
      await page.getByLabel('Search in Analytical Engine').fill('num');
      await page.getByRole('link', { name: /Bernoulli/ }).waitFor();
      await shoot('search');
      await page.getByRole('button', { name: 'Close the search' }).click();
      await page.getByRole('link', { name: 'Details of the chat' }).click();
      await page.getByRole('heading', { name: '5 members' }).waitFor();
      await page.getByText('Nothing here yet.').waitFor();
      await shoot('details');
      await page.getByRole('button', { name: 'Settings', exact: true }).click();
      await page.getByRole('form', { name: 'Group settings' }).waitFor();
      await shoot('group-settings');
      await page.keyboard.press('Escape');
      await page.getByRole('form', { name: 'Group settings' }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Close the details' }).click();
      if (width === 'phone') await page.getByRole('link', { name: 'Back to the chats' }).click();
      await page.getByRole('link', { name: /Birds/ }).click();
      await page.locator('.picture.loaded').nth(2).waitFor();
      await shoot('files');
      await page.getByRole('button', { name: 'Photo: lake at dawn.jpg' }).click();
      await page
        .getByRole('img', { name: 'lake at dawn.jpg' })
        .evaluate((image: unknown) => (image as { decode(): Promise<void> }).decode());
      await shoot('viewer');
      await page.keyboard.press('Escape');
      if (width === 'phone') await page.getByRole('link', { name: 'Back to the chats' }).click();
      await page.getByRole('link', { name: 'Mentions' }).click();
      await page
        .locator('.mentions')
        .getByRole('link', { name: /Every symmetry/ })
        .waitFor();
      await shoot('mentions');
      if (width === 'phone') await page.getByRole('link', { name: 'Back to the chats' }).click();
      await page.getByRole('button', { name: 'New chat' }).click();
      await page.getByRole('radio', { name: 'Group' }).check();
      await page.getByLabel('Name of the group').fill('Reading circle');
      await page.getByLabel('Members').fill('al');
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Alan Turing/ })
        .click();
      await page.getByLabel('Members').fill('he');
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Hedy Lamarr/ })
        .waitFor();
      await shoot('new-group');
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByRole('button', { name: /^Account of/ }).click();
      await page.getByRole('menuitem', { name: 'Your account' }).click();
      await page.getByRole('form', { name: 'Profile' }).waitFor();
      await shoot('account');
      await page.getByText('Notifications', { exact: true }).click();
      await page.getByRole('switch', { name: 'Quiet hours' }).waitFor();
      await page.getByText('Devices that get notifications').scrollIntoViewIfNeeded();
      await shoot('notifications');
      await page.getByRole('link', { name: 'Moderation' }).click();
      await page.getByRole('link', { name: /@mallory/ }).click();
      await page.getByText('As it was reported').waitFor();
      await shoot('moderation');
      await page.goto(`${service.webUrl}/invite/${invite.code}`);
      await page.getByRole('button', { name: 'Join the group' }).waitFor();
      await shoot('invitation');
      await device.context.close();
    }
  }
  await browser.close();
  process.stdout.write(`Made ${readdirSync(folder).length} pictures in ${folder}\n`);
} finally {
  await service.stop();
}
