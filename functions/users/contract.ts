import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import {
  PAGE_ITEMS_DEFAULT,
  PASSWORD_BYTES_MAX,
  PASSWORD_CHARACTERS_MIN,
  SEARCH_CHARACTERS_MIN,
  limits,
} from '../contract/limits.ts';
import { type JobRoute, defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import {
  AvatarUrl,
  DisplayName,
  GivenUuid,
  Id,
  IdText,
  PublicProfile,
  TEXT_PATTERN,
  Text,
  Timestamp,
  limitText,
  storableText,
} from '../contract/schemas.ts';
import { fitsBcrypt, passwordCharacters } from './password-text.ts';

export const OwnProfile = z
  .object({
    id: Id,
    username: z.string(),
    email: z.string(),
    full_name: z.string().nullable(),
    avatar_url: AvatarUrl,
    is_active: z.boolean(),
    created_at: Timestamp,
    last_seen: Timestamp.nullable(),
    totp_enabled: z
      .boolean()
      .meta({ description: 'Whether log-ins take a code of a second factor, too.', example: false }),
    email_verified: z
      .boolean()
      .meta({ description: 'Whether the e-mail address is confirmed.', example: true }),
    role: z
      .enum(['user', 'moderator'])
      .meta({ description: 'Whether you moderate: see the reports.', example: 'user' }),
  })
  .meta({ id: 'OwnProfile', description: 'What you alone see of yourself.' });

export type OwnProfile = z.infer<typeof OwnProfile>;

const Username = z
  .string()
  .min(limits.username_characters_min)
  .max(limits.username_characters)
  .regex(/^[A-Za-z0-9_.-]+$/, 'Only letters, digits and _ . -')
  .meta({ example: 'ada' });

export const Email = z.email().max(254).meta({ example: 'ada@example.org' });

/** The requirements of a new password, in words. */
export const NEW_PASSWORD = `${PASSWORD_CHARACTERS_MIN} characters to ${PASSWORD_BYTES_MAX} bytes in UTF-8, in NFC`;

export const NewPassword = z
  .string()
  .refine(storableText, 'Must not contain NUL or lone surrogates')
  .refine(
    (password) => passwordCharacters(password) >= PASSWORD_CHARACTERS_MIN,
    `Must have at least ${PASSWORD_CHARACTERS_MIN} characters`,
  )
  .refine(
    (password) => !storableText(password) || fitsBcrypt(password),
    `Must have at most ${PASSWORD_BYTES_MAX} bytes in UTF-8`,
  )
  .meta({
    example: 'correct horse battery',
    format: 'password',
    minLength: PASSWORD_CHARACTERS_MIN,
    maxLength: PASSWORD_BYTES_MAX,
    pattern: TEXT_PATTERN,
  });

const FullName = DisplayName({ min: 1, max: limits.full_name_characters }).meta({ example: 'Ada Lovelace' });

export const RegisterBody = z
  .strictObject({
    username: Username,
    email: Email,
    password: NewPassword.meta({ description: `${NEW_PASSWORD}.` }),
    full_name: FullName.nullish(),
  })
  .meta({ id: 'RegisterBody', description: 'A new account.' });
export type RegisterBody = z.infer<typeof RegisterBody>;

/** Accepts any text: a text that cannot be a password gets the same error as a wrong one. */
export const Password = z.string().meta({ example: 'correct horse battery', format: 'password' });

export const ChangePasswordBody = z
  .strictObject({
    current_password: Password.meta({ description: 'The password until now.' }),
    new_password: NewPassword.meta({
      description: `The password from now on: ${NEW_PASSWORD}.`,
      example: 'a moth in the relay',
    }),
  })
  .meta({ id: 'ChangePasswordBody', description: 'The old password and the new one.' });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;

/** Absent fields stay unchanged; `full_name: null` removes the full name. */
export const UpdateProfileBody = z
  .strictObject({
    full_name: FullName.nullable().optional(),
    email: Email.optional(),
    password: Password.optional(),
    code: z.string().max(64).optional().meta({
      description: 'A code of the second factor, where there is one and the e-mail address is another.',
      example: '492039',
    }),
  })
  .refine(({ email, password }) => email === undefined || password !== undefined, {
    message: 'A new e-mail address wants the password',
    path: ['password'],
  })
  .meta({
    id: 'UpdateProfileBody',
    description: 'What is to change of you.',
    dependentRequired: { email: ['password'] },
  });
export type UpdateProfileBody = z.infer<typeof UpdateProfileBody>;

export const DeleteAccountBody = z
  .strictObject({ password: Password })
  .meta({ id: 'DeleteAccountBody', description: 'Your password, once more.' });
export type DeleteAccountBody = z.infer<typeof DeleteAccountBody>;

export const SetAvatarBody = z
  .strictObject({
    attachment_id: GivenUuid.meta({
      description: 'The file.',
      example: '0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57',
    }),
  })
  .meta({ id: 'SetAvatarBody', description: 'The file that is to be your avatar.' });
export type SetAvatarBody = z.infer<typeof SetAvatarBody>;

export const SearchUsersQuery = z.object({
  q: Text({ min: SEARCH_CHARACTERS_MIN, max: 100 }).meta({
    description: 'The beginning of a name, or of words of it.',
    example: 'ada',
  }),
  limit: limitText.default(PAGE_ITEMS_DEFAULT),
});
export type SearchUsersQuery = z.infer<typeof SearchUsersQuery>;

export const registerUser = defineHttpRoute({
  id: 'register-user',
  method: 'POST',
  path: '/api/v1/users/register',
  tag: 'Users',
  summary: 'Create an account',
  description: `Names and e-mail addresses are compared without regard to case. ${limits.registrations_per_address} accounts may be made from one address in an hour; tries that find a name taken have a limit of their own. A message with a token goes to the e-mail address, by which it is confirmed.`,
  auth: 'none',
  rateLimit: { unlimitedBecause: 'Nobody is known yet. Accounts are limited per address.' },
  needs: ['mysql', 'rate-limits', 'request-mail', 'moderators'],
  load: 'password',
  body: RegisterBody,
  responses: { 201: { description: 'The new account', body: OwnProfile } },
  errors: ['username_taken', 'email_taken', 'rate_limited'],
});

export const getOwnProfile = defineHttpRoute({
  id: 'get-own-profile',
  method: 'GET',
  path: '/api/v1/users/me',
  tag: 'Users',
  summary: 'Your own profile',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read', 'moderators'],
  responses: { 200: { description: 'Your profile', body: OwnProfile } },
  errors: [],
});

export const changePassword = defineHttpRoute({
  id: 'change-password',
  method: 'POST',
  path: '/api/v1/users/me/password',
  tag: 'Users',
  summary: 'Change your password and end all your other sessions',
  description:
    'Every other session of yours ends, and its sockets are closed. Of two changes at once one succeeds; the other finds its `current_password` wrong.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'sessions', 'rate-limits', 'connections', 'post'],
  load: 'password',
  body: ChangePasswordBody,
  responses: { 204: { description: 'The password has been changed', body: null } },
  errors: ['wrong_password', 'rate_limited'],
});

export const updateOwnProfile = defineHttpRoute({
  id: 'update-own-profile',
  method: 'PUT',
  path: '/api/v1/users/me',
  tag: 'Users',
  summary: 'Change your own profile',
  description: `What is not named stays as it is; a full name of null is removed. A new e-mail address wants the \`password\`, of which one session may give ${limits.login_failures_per_account_and_address} wrong ones in ${limits.login_window_seconds / 60} min; it is not confirmed until the token that is sent there is used. With a second factor another address wants a \`code\` of it as well, or a recovery code: without one the answer is 401 \`invalid_totp\`. It may change ${limits.email_changes_per_hour} times an hour.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: [
    'mysql',
    'avatar-urls',
    'rate-limits',
    'totp-key',
    'connections-read',
    'request-mail',
    'moderators',
  ],
  load: 'password',
  body: UpdateProfileBody,
  responses: { 200: { description: 'Your profile as it is now', body: OwnProfile } },
  errors: ['wrong_password', 'invalid_totp', 'email_taken', 'rate_limited'],
});

export const setAvatar = defineHttpRoute({
  id: 'set-avatar',
  method: 'PUT',
  path: '/api/v1/users/me/avatar',
  tag: 'Users',
  summary: 'Set your avatar',
  description:
    'Takes a file of yours that was uploaded for the purpose `avatar`, is ready and an image. Whoever has its URL sees it. The picture that you had is gone.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'avatars', 'avatar-urls', 'connections-read', 'moderators'],
  body: SetAvatarBody,
  responses: { 200: { description: 'Your profile as it is now', body: OwnProfile } },
  errors: ['unknown_attachment', 'attachment_not_ready', 'attachment_in_use', 'avatar_not_image'],
});

export const removeAvatar = defineHttpRoute({
  id: 'remove-avatar',
  method: 'DELETE',
  path: '/api/v1/users/me/avatar',
  tag: 'Users',
  summary: 'Remove your avatar',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'avatars'],
  responses: { 204: { description: 'You have no picture', body: null } },
  errors: [],
});

export const deleteAccount = defineHttpRoute({
  id: 'delete-account',
  method: 'DELETE',
  path: '/api/v1/users/me',
  tag: 'Users',
  summary: 'Deactivate your account',
  description:
    'You leave your groups, your avatar goes, your name stays taken, and your messages stay under `deleted user`. So does your e-mail address stay taken, unless it was never confirmed. It can be repeated: what broke off halfway is finished by the next try.',
  auth: 'user',
  sessionUse: 'deletion',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'avatars', 'file-urls', 'sessions', 'rate-limits', 'connections', 'post'],
  load: 'password',
  body: DeleteAccountBody,
  responses: { 204: { description: 'The account has been deactivated', body: null } },
  errors: ['wrong_password', 'rate_limited'],
});

export const searchUsers = defineHttpRoute({
  id: 'search-users',
  method: 'GET',
  path: '/api/v1/users/search',
  collection: true,
  tag: 'Users',
  summary: 'Find users by user name or full name',
  description:
    'Finds people by the beginnings of the words of their names: first those whose user name or full name begins with the text, then those of whom a later word does, then those who have each of its words. Compared as messages are; `%` and `_` are plain characters.',
  auth: 'user',
  rateLimit: 'searches',
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  query: SearchUsersQuery,
  responses: {
    200: {
      description: 'Those whose name begins so first',
      body: z
        .object({ items: z.array(PublicProfile) })
        .meta({ id: 'PublicProfileList', description: 'Users.' }),
    },
  },
  errors: [],
});

export const getProfile = defineHttpRoute({
  id: 'get-profile',
  method: 'GET',
  path: '/api/v1/users/{user_id}',
  tag: 'Users',
  summary: 'The public profile of a user',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  params: z.object({ user_id: IdText }),
  responses: { 200: { description: 'The profile', body: PublicProfile } },
  errors: ['profile_not_found'],
});

/** Completes interrupted deactivations of accounts. */
export const finishDepartures: JobRoute = {
  transport: 'job',
  id: 'finish-departures',
  summary:
    'Take deactivated accounts out of the groups that they are still in, remove their avatars, and end their sessions',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb', 'avatars', 'file-urls', 'sessions', 'connections', 'post'],
  errors: [],
};

export const feature = {
  name: 'users',
  http: [
    registerUser,
    getOwnProfile,
    updateOwnProfile,
    setAvatar,
    removeAvatar,
    deleteAccount,
    changePassword,
    searchUsers,
    getProfile,
  ],
  jobs: [finishDepartures],
} as const satisfies Feature;
