import { useSignal } from '@preact/signals';
import { nameOf } from '../../client/view/names.ts';
import { Avatar } from './avatar.tsx';
import { AvatarChoice } from './avatar-choice.tsx';
import { AccountSections } from './account-sections.tsx';
import { codeInput } from './code-input.ts';
import { Dialog } from './dialog.tsx';
import { EmailNotice } from './email-notice.tsx';
import { useForm } from './form.tsx';
import { TwoFactor } from './two-factor.tsx';
import { useModel } from './use-model.ts';

/** The account settings: the user's profile, credentials and sessions, and the deletion of the account. */
export const Account = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog title="Your account" onClose={onClose}>
    <div class="account">
      <Picture />
      <EmailNotice />
      <Profile />
      <AccountSections onLeave={onClose} />
      <Password />
      <TwoFactor />
      <Deletion />
    </div>
  </Dialog>
);

const Picture = () => {
  const model = useModel();
  const user = model.user.value;
  if (user === undefined) return null;
  return (
    <div class="who">
      <Avatar id={user.id} name={nameOf(user)} size="large" url={user.avatar_url} />
      <AvatarChoice
        title="Your picture"
        has={user.avatar_url !== null}
        save={model.setAvatar}
        remove={() => model.attempt(model.removeAvatar)}
      />
    </div>
  );
};

const Profile = () => {
  const model = useModel();
  const user = model.user.value;
  const email = useSignal(user?.email ?? '');
  const isNewEmail = email.value.trim() !== user?.email;
  const wantsCode = isNewEmail && user?.totp_enabled === true;
  const form = useForm(async ({ text, trimmed }) => {
    await model.updateProfile({
      full_name: trimmed('full_name') === '' ? null : trimmed('full_name'),
      ...(isNewEmail ? { email: trimmed('email'), password: text('current_password') } : {}),
      ...(wantsCode ? { code: trimmed('code') } : {}),
    });
    return 'Your profile is saved.';
  });
  return (
    <form {...form.attributes} aria-label="Profile">
      <h3 class="handle">@{user?.username}</h3>
      {form.field('full_name', 'Full name', {
        autocomplete: 'name',
        dir: 'auto',
        maxLength: 100,
        defaultValue: user?.full_name ?? '',
      })}
      {form.field('email', 'E-mail', {
        type: 'email',
        autocomplete: 'email',
        defaultValue: user?.email ?? '',
        onInput: ({ currentTarget }: InputEvent & { currentTarget: HTMLInputElement }) => {
          email.value = currentTarget.value;
        },
      })}
      {isNewEmail &&
        form.field(
          'current_password',
          'Current password',
          currentPassword,
          'If you change your e-mail address, log in with the new one.',
        )}
      {wantsCode && form.field('code', 'Code', codeInput, 'What the app shows, or a recovery code.')}
      {form.message}
      <button type="submit" class="button primary" disabled={form.busy}>
        Save
      </button>
    </form>
  );
};

const currentPassword = { type: 'password', autocomplete: 'current-password', required: true } as const;

const Password = () => {
  const model = useModel();
  const form = useForm(async ({ text }) => {
    await model.api.changePassword(text('current_password'), text('new_password'));
    return 'Your password is changed.';
  });
  return (
    <form {...form.attributes} aria-label="Password">
      <h3>Password</h3>
      {form.field('current_password', 'Current password', currentPassword)}
      {form.field(
        'new_password',
        'New password',
        { type: 'password', autocomplete: 'new-password', required: true },
        'At least 8 characters. Other devices are logged out.',
      )}
      {form.message}
      <button type="submit" class="button" disabled={form.busy}>
        Change password
      </button>
    </form>
  );
};

const Deletion = () => {
  const model = useModel();
  const asking = useSignal(false);
  const form = useForm(({ text }) => model.deleteAccount(text('current_password')));
  if (!asking.value) {
    return (
      <button type="button" class="button danger" onClick={() => (asking.value = true)}>
        Delete account…
      </button>
    );
  }
  return (
    <form {...form.attributes} aria-label="Delete account">
      <h3>Delete account</h3>
      <p class="hint">
        What you wrote stays, without your name. Nobody else can take your username, and the account cannot be
        restored.
      </p>
      {form.field('current_password', 'Current password', { ...currentPassword, autofocus: true })}
      {form.message}
      <button type="submit" class="button danger" disabled={form.busy}>
        Delete for ever
      </button>
    </form>
  );
};
