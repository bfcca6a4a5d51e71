import assert from 'node:assert/strict';
import { suite } from 'node:test';
import type { ChatDetail } from '../../functions/contract/schemas.ts';
import type { TotpSecret } from '../../functions/second-factor/contract.ts';
import { codeOfStep, fromBase32, stepAt } from '../../functions/second-factor/totp.ts';
import { mailbox } from '../support/mails.ts';
import { textFile } from '../support/uploads.ts';
import { newAccount, newGroup, newPeople, newPerson, send, webUrl } from '../support/people.ts';
import {
  CONCURRENT_BROWSER_TESTS,
  assertAccessible,
  assertNothingWrong,
  handOver,
  logIn,
  messageSaying,
  online,
  phoneOptions,
  stored,
  write,
  type Device,
  type TestOnDevices,
} from '../support/web-page.ts';

const openAccount = async ({ page }: Device): Promise<void> => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  await page.getByRole('form', { name: 'Profile' }).waitFor();
};

const darkPhone = { ...phoneOptions, colorScheme: 'dark' } as const;

/** Chooses an action for a member in the details. */
const choose = async ({ page }: Device, username: string, action: string): Promise<void> => {
  await page.getByRole('button', { name: `What to do with ${username}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
};

/** Tests of accounts, groups and invitations on the page. */
export const testPeopleOnThePage = (test: TestOnDevices): void => {
  const mails = mailbox();

  suite('accounts on the page', { concurrency: CONCURRENT_BROWSER_TESTS }, () => {
    test('an address is confirmed, and a forgotten password set, by the links of mails', async ({
      newDevice,
      deviceOf,
    }) => {
      const ada = await newPerson('ada');
      const verification = await mails.waitForToken(ada.email, '/verify');
      const adas = await deviceOf(ada);
      const notice = adas.page.locator('.sidebar .email-notice');
      await notice.getByText(ada.email).waitFor();
      await notice.getByRole('button', { name: 'Get another link' }).click();
      await notice.getByText('The link works for a day.').waitFor();
      const again = await mails.waitForToken(ada.email, '/verify', 2);

      // In another tab, beside the one that has the session.
      const tab = await adas.context.newPage();
      await tab.goto(`${webUrl()}/verify?token=${verification}`);
      await tab.getByText('This link no longer works').waitFor();
      await tab.goto(`${webUrl()}/verify?token=${again}`);
      await tab.getByText('Your e-mail address is confirmed.').first().waitFor();
      assert.equal(tab.url(), `${webUrl()}/verify`, 'the token is in no address');
      await tab.close();
      await adas.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      await notice.waitFor({ state: 'detached' });

      const phone = await newDevice('/', darkPhone);
      await phone.page.getByRole('button', { name: 'Forgot password?' }).click();
      const forgotten = phone.page.getByRole('form', { name: 'Forgot password' });
      const said = phone.page.getByText('If there is an account with this address, a link is on its way.');
      await forgotten.waitFor();
      await assertAccessible(phone, 'a forgotten password, on a phone');
      await forgotten.getByLabel('E-mail').fill(`nobody-${ada.email}`);
      await forgotten.getByLabel('E-mail').press('Enter');
      await said.waitFor();
      await phone.page.locator('h1:focus').waitFor();
      await phone.page.getByRole('button', { name: 'Back to the log-in' }).click();
      await phone.page.locator('h1:focus', { hasText: 'Welcome back' }).waitFor();
      await phone.page.getByRole('button', { name: 'Forgot password?' }).click();
      await phone.page.locator('input[name=email]:focus').waitFor();
      await forgotten.getByLabel('E-mail').fill(ada.email);
      await forgotten.getByLabel('E-mail').press('Enter');
      await said.waitFor();
      const path = `/reset?token=${await mails.waitForToken(ada.email, '/reset')}`;
      await phone.page.goto(webUrl() + path);
      assert.equal(phone.page.url(), `${webUrl()}/reset`);
      const form = phone.page.getByRole('form', { name: 'New password' });
      await form.getByLabel('New password', { exact: true }).fill('short');
      await form.getByRole('button', { name: 'Set the password' }).click();
      await form.getByText('Must have at least 8 characters.').waitFor();
      await form.getByLabel('New password', { exact: true }).fill('a new battery');
      await form.getByRole('button', { name: 'Set the password' }).click();
      await phone.page.getByRole('heading', { name: 'Your new password is set' }).waitFor();
      await adas.page.getByText('Your session has ended.').waitFor();
      await phone.page.getByRole('button', { name: 'To the log-in' }).click();
      await logIn(phone, { username: ada.email, password: 'a new battery' });

      await adas.page.goto(webUrl() + path);
      await adas.page
        .getByRole('form', { name: 'New password' })
        .getByLabel('New password', { exact: true })
        .fill('another battery');
      await adas.page.getByRole('button', { name: 'Set the password' }).click();
      await adas.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
      await adas.page.getByRole('button', { name: 'Ask for another link' }).click();
      await adas.page.getByRole('form', { name: 'Forgot password' }).waitFor();
      assertNothingWrong(adas, phone);
    });

    test('a second factor is set up, asked for at log-ins, and ended; so is a session elsewhere', async ({
      newDevice,
      deviceOf,
    }) => {
      const [ada] = await newPeople('ada');
      const adas = await deviceOf(ada);
      const { page } = adas;
      await openAccount(adas);
      await page.getByRole('button', { name: 'Set up…' }).click();
      const begin = page.getByRole('form', { name: 'Set up a second factor' });
      await page.locator('input[name=current_password]:focus').waitFor();
      await begin.getByLabel('Current password', { exact: true }).fill('not my password');
      await begin.getByRole('button', { name: 'Go on' }).click();
      await begin.getByText('This is not your password.').waitFor();
      await begin.getByLabel('Current password', { exact: true }).fill(ada.password);
      const answer = page.waitForResponse(/\/users\/me\/totp$/);
      await begin.getByRole('button', { name: 'Go on' }).click();
      const { secret } = (await (await answer).json()) as TotpSecret;
      const codeAt = (step: number): string => codeOfStep(fromBase32(secret), step);
      const step = stepAt(new Date());
      const confirm = page.getByRole('form', { name: 'Confirm the second factor' });
      await page.getByRole('img', { name: 'QR code with the key' }).waitFor();
      await page.locator('h3:focus', { hasText: 'Second factor' }).waitFor();
      await assertAccessible(adas, 'a second factor being set up');
      assert.equal((await confirm.locator('.secret').textContent())?.replaceAll(' ', ''), secret);
      await confirm.getByLabel('Code', { exact: true }).fill('000000');
      await confirm.getByRole('button', { name: 'Turn on' }).click();
      await confirm.getByText('This code is wrong, or was used before. Wait for the next one.').waitFor();
      assert.doesNotMatch((await confirm.textContent()) ?? '', /recovery code/, 'there is none yet');
      await confirm.getByLabel('Code', { exact: true }).fill(codeAt(step));
      await confirm.getByRole('button', { name: 'Turn on' }).click();
      await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').nth(9).waitFor();
      const codes = await page
        .getByRole('list', { name: 'Recovery codes' })
        .getByRole('listitem')
        .allTextContents();
      assert.equal(codes.length, 10);
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      assert.equal((await download).suggestedFilename(), 'recovery-codes.txt');
      await assertAccessible(adas, 'the recovery codes');
      // Nobody can show them again: neither a click beside the dialog nor Escape closes it.
      await page.mouse.click(10, 10);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      assert.equal(await page.getByRole('button', { name: 'Close', exact: true }).count(), 0);
      assert.equal(await page.getByRole('dialog', { name: 'Your account' }).isVisible(), true);
      await page.getByRole('button', { name: 'I have saved them' }).click();
      await page.getByText('It is on: logging in needs your password').waitFor();

      const phone = await newDevice('/', {
        ...darkPhone,
        userAgent:
          'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      });
      const form = phone.page.getByRole('form', { name: 'Log in' });
      await form.getByLabel('Username or e-mail').fill(ada.username);
      await form.getByLabel('Password').fill('not my password');
      await form.getByLabel('Password').press('Enter');
      await form.getByText('The username or the password is wrong.').waitFor();
      await form.getByLabel('Password').fill(ada.password);
      await form.getByLabel('Password').press('Enter');
      const second = phone.page.getByRole('form', { name: 'Second factor' });
      await second.waitFor();
      await assertAccessible(phone, 'a second factor being asked for, on a phone');
      await second.getByLabel('Code', { exact: true }).fill(codeAt(step));
      await second.getByLabel('Code', { exact: true }).press('Enter');
      await second.getByText('or was used before').waitFor();
      await phone.page.getByRole('button', { name: 'Use a recovery code' }).click();
      await second.getByLabel('Recovery code').fill(codes[0]?.toUpperCase() ?? '');
      await second.getByLabel('Recovery code').press('Enter');
      await online(phone);

      await page.keyboard.press('Escape');
      await openAccount(adas);
      await page.locator('summary', { hasText: 'Where you are logged in' }).click();
      const sessions = page.getByRole('list', { name: 'Where you are logged in' });
      const row = sessions.getByRole('listitem');
      await row
        .filter({ hasText: 'Safari on iPhone' })
        .getByRole('button', { name: /^Log out/ })
        .click();
      await page.getByText('Safari on iPhone is logged out.').waitFor();
      await row.filter({ hasText: 'This one' }).waitFor();
      assert.equal(await row.filter({ hasText: 'Safari on iPhone' }).count(), 0);
      await sessions.and(page.locator(':focus')).waitFor();
      await phone.page.getByText('Your session has ended.').waitFor();

      await page.getByRole('button', { name: 'Turn off…' }).click();
      const stop = page.getByRole('form', { name: 'Turn off the second factor' });
      await stop.getByLabel('Current password', { exact: true }).fill(ada.password);
      await stop.getByLabel('Code', { exact: true }).fill(codes[1] ?? '');
      await stop.getByRole('button', { name: 'Turn off' }).click();
      await page.getByRole('button', { name: 'Set up…' }).waitFor();
      assertNothingWrong(adas, phone);
    });
  });

  suite('groups on the page', { concurrency: CONCURRENT_BROWSER_TESTS }, () => {
    test('who may write, and how often, is set by an admin and seen by a member, who loses no draft', async ({
      deviceOf,
    }) => {
      const [ada, grace] = await newPeople('ada', 'grace');
      const group = await newGroup(ada, grace);
      await send(ada, group.id, 'Read this first');
      const [adas, phone] = await Promise.all([
        deviceOf(ada, `/chats/${group.id}/details`),
        deviceOf(grace, `/chats/${group.id}`, darkPhone),
      ]);
      const settings = adas.page.getByRole('form', { name: 'Group settings' });
      const openSettings = () => adas.page.getByRole('button', { name: 'Settings', exact: true }).click();
      const save = async (): Promise<void> => {
        await settings.getByRole('button', { name: 'Save' }).click();
        await settings.waitFor({ state: 'detached' });
      };
      const field = phone.page.getByLabel('Message', { exact: true });
      await field.fill('Half a sentence');

      await openSettings();
      await settings.getByLabel('What it is about').fill('Every Friday.\nBring cards: https://example.org/');
      await adas.page.mouse.click(10, 10);
      await settings.getByRole('radio', { name: 'Admins only' }).check();
      await assertAccessible(adas, 'the settings of a group');
      await save();
      await adas.page
        .locator('.description', { hasText: 'Bring cards:' })
        .getByRole('link', { name: 'https://example.org/' })
        .waitFor();
      await phone.page.getByText('Only admins write here. You can react').waitFor();
      await phone.page.locator('.subtitle', { hasText: 'only admins write' }).waitFor();
      assert.equal(await field.count(), 0);
      await assertAccessible(phone, 'a group in which one does not write, on a phone');
      // Files are refused as words are, and none of them comes back when one may write again.
      const notices = phone.page.getByRole('status', { name: 'Notices' });
      await handOver(phone, 'drop', [textFile('Too early')]);
      await notices.getByText('Only admins write here. You can react').waitFor();

      await openSettings();
      await settings.getByRole('radio', { name: 'Everyone' }).check();
      await settings.getByLabel('Slow mode').selectOption({ label: 'One message every 5 seconds' });
      await save();
      await phone.page.locator('.subtitle', { hasText: 'slow mode: 5 seconds' }).waitFor();
      assert.equal(await field.inputValue(), 'Half a sentence');
      assert.equal(await phone.page.getByRole('list', { name: 'Files to send' }).count(), 0);
      const button = phone.page.getByRole('button', { name: 'Send', exact: true });
      await button.click();
      const wait = phone.page.getByRole('timer');
      await wait.getByText(/^Slow mode: you can write again in \d seconds?\.$/).waitFor();
      await stored(phone, 'Half a sentence');
      await field.fill('The other half');
      assert.ok(await button.isDisabled());
      await assertAccessible(phone, 'slow mode on a phone');
      await wait.waitFor({ state: 'detached' });
      await button.click();
      await messageSaying(adas, 'The other half').waitFor();
      // Slow mode does not apply to admins.
      await write(adas, 'One');
      await write(adas, 'Two');
      await stored(adas, 'Two');
      assertNothingWrong(adas, phone);
    });

    test('a group is handed over, and somebody banned and let in again', async ({ deviceOf }) => {
      const [ada, grace, alan] = await newPeople('ada', 'grace', 'alan');
      const group = await newGroup(ada, grace, alan);
      const path = `/chats/${group.id}`;
      const [adas, phone, alans] = await Promise.all([
        deviceOf(ada, `${path}/details`),
        deviceOf(grace, `${path}/details`, darkPhone),
        deviceOf(alan, path),
      ]);
      const tagOf = ({ page }: Device, { username }: { readonly username: string }, tag: string) =>
        page.locator('.people li', { hasText: username }).locator('.tag', { hasText: tag });
      await tagOf(phone, ada, 'Owner').waitFor();
      assert.equal(await phone.page.getByRole('button', { name: 'Settings', exact: true }).count(), 0);
      await choose(adas, grace.username, 'Make admin');
      await tagOf(phone, grace, 'Admin').waitFor();
      await choose(adas, grace.username, 'Make owner…');
      await adas.page.getByRole('button', { name: 'Hand over' }).click();
      await tagOf(adas, grace, 'Owner').waitFor();
      await tagOf(phone, ada, 'Admin').waitFor();

      await choose(phone, alan.username, 'Ban…');
      const ban = phone.page.getByRole('form', { name: 'Ban' });
      await ban.getByLabel('How long').selectOption({ label: 'For a day' });
      await ban.getByLabel('Why (optional)').fill('Too many cards');
      await assertAccessible(phone, 'a ban, on a phone');
      await ban.getByRole('button', { name: 'Ban' }).click();
      await ban.waitFor({ state: 'detached' });
      await alans.page.getByRole('heading', { name: 'You are not in this chat' }).waitFor();

      await adas.page.getByRole('button', { name: 'Add people' }).click();
      await adas.page.getByLabel('Who should join?').fill(alan.username.slice(0, 12));
      await adas.page.getByRole('button', { name: new RegExp(alan.username) }).click();
      await adas.page.getByRole('button', { name: 'Add', exact: true }).click();
      await adas.page.getByText('One of them is banned from this group.').waitFor();
      await adas.page.keyboard.press('Escape');
      await adas.page.getByRole('button', { name: 'Banned people' }).click();
      const bans = adas.page.getByRole('dialog', { name: 'Banned people' });
      await bans.getByRole('listitem').filter({ hasText: 'Too many cards' }).getByText(/ends/).waitFor();
      await assertAccessible(adas, 'the banned people');
      await bans.getByRole('button', { name: `Unban ${alan.username}` }).click();
      await bans.getByText('may be added and invited again').waitFor();
      await adas.page.keyboard.press('Escape');
      await ada.api.request('POST', `${path}/participants`, { user_ids: [alan.id] });
      await alans.page.getByLabel('Message', { exact: true }).waitFor();
      assertNothingWrong(adas, phone, alans);
    });

    test('an invitation lets in somebody who registers first, once, and another one from a message', async ({
      newDevice,
      deviceOf,
    }) => {
      const [ada, grace] = await newPeople('ada', 'grace');
      const group = await newGroup(ada);
      const adas = await deviceOf(ada, `/chats/${group.id}/details`);
      await adas.page.getByRole('button', { name: 'Invite by link' }).click();
      const dialog = adas.page.getByRole('dialog', { name: 'Invite by link' });
      await dialog.getByText('There is none yet.').waitFor();
      const make = async (uses: string): Promise<string> => {
        await dialog.getByLabel('For', { exact: true }).selectOption({ label: uses });
        const made = adas.page.waitForResponse(
          (one) => one.request().method() === 'POST' && one.url().endsWith('/invites'),
        );
        await dialog.getByRole('button', { name: 'Make a link' }).click();
        const { code } = (await (await made).json()) as { readonly code: string };
        const link = dialog.getByRole('textbox', { name: 'Link' });
        await link.and(adas.page.locator(`[value$="${code}"]`)).waitFor();
        return link.inputValue();
      };
      const link = await make('One person');
      assert.ok(link.startsWith(`${webUrl()}/invite/`));
      await dialog.getByText('0 of 1 joined with it').waitFor();
      await assertAccessible(adas, 'the invitations of a group');

      const alan = newAccount('alan');
      const phone = await newDevice(new URL(link).pathname, darkPhone);
      await phone.page.getByText('You are invited to a group.').waitFor();
      assert.equal(phone.page.url(), `${webUrl()}/invite`, 'the code is in no address');
      await phone.page.reload();
      await phone.page.getByRole('button', { name: 'Create an account' }).click();
      const form = phone.page.getByRole('form', { name: 'Register' });
      await form.getByLabel('Username').fill(alan.username);
      await form.getByLabel('E-mail').fill(alan.email);
      await form.getByLabel('Password', { exact: true }).fill(alan.password);
      await form.getByRole('button', { name: 'Create account' }).click();
      await phone.page.getByRole('heading', { name: 'A group' }).waitFor();
      await phone.page.getByText('1 member').waitFor();
      await phone.page.locator('.inviter', { hasText: ada.username }).waitFor();
      await assertAccessible(phone, 'an invitation, on a phone');
      await phone.page.getByRole('button', { name: 'Join the group' }).click();
      await phone.page.getByLabel('Message', { exact: true }).fill('Here I am');
      await phone.page.getByRole('button', { name: 'Send', exact: true }).click();
      await stored(phone, 'Here I am');
      assert.equal(new URL(phone.page.url()).pathname, `/chats/${group.id}`);

      const graces = await deviceOf(grace, new URL(link).pathname);
      await graces.page.getByText('This invitation has been used up.').waitFor();
      await assertAccessible(graces, 'an invitation that is used up');
      await graces.page.getByRole('button', { name: 'To your chats' }).click();
      await graces.page.getByRole('heading', { name: 'Choose a chat' }).waitFor();
      const another = await make('Any number of people');
      const revoked = await make('5 people');
      const { body: direct } = await ada.api.request<ChatDetail>('POST', '/chats', {
        chat_type: 'direct',
        participant_ids: [grace.id],
      });
      await send(ada, direct.id, `Or ${another}`);
      await dialog
        .getByRole('listitem')
        .filter({ hasText: 'of 5' })
        .getByRole('button', { name: 'Revoke' })
        .click();
      await dialog.getByText('The link no longer works.').waitFor();
      await graces.page.goto(revoked);
      await graces.page.getByText('There is no such invitation').waitFor();
      await graces.page.getByRole('button', { name: 'To your chats' }).click();
      await graces.page.getByRole('link', { name: new RegExp(ada.username) }).click();
      await messageSaying(graces, another).getByRole('link', { name: another }).click();
      await graces.page.getByRole('button', { name: 'Join the group' }).click();
      await messageSaying(graces, 'Here I am').waitFor();
      assertNothingWrong(adas, phone, graces);
    });
  });
};
