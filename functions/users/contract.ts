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
      .meta({ description: 'Whether log-ins also require a code of a second factor.', example: false }),
    email_verified: z
      .boolean()
      .meta({ description: 'Whether the e-mail address is confirmed.', example: true }),
    role: z
      .enum(['user', 'moderator'])
      .meta({ description: 'Moderators can see and resolve reports.', example: 'user' }),
  })
  .meta({ id: 'OwnProfile', description: 'Your profile, as only you see it.' });

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
  .meta({ id: 'RegisterBody', description: 'The data of a new account.' });
export type RegisterBody = z.infer<typeof RegisterBody>;

/** Accepts any text: a text that cannot be a password gets the same error as a wrong one. */
export const Password = z.string().meta({ example: 'correct horse battery', format: 'password' });

export const ChangePasswordBody = z
  .strictObject({
    current_password: Password.meta({ description: 'The current password.' }),
    new_password: NewPassword.meta({
      description: `The new password: ${NEW_PASSWORD}.`,
      example: 'a moth in the relay',
    }),
  })
  .meta({ id: 'ChangePasswordBody', description: 'The current password and the new one.' });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;

/** Absent fields stay unchanged; `full_name: null` removes the full name. */
export const UpdateProfileBody = z
  .strictObject({
    full_name: FullName.nullable().optional(),
    email: Email.optional(),
    password: Password.optional(),
    code: z.string().max(64).optional().meta({
      description: 'A code of the second factor, if the account has one and the e-mail address changes.',
      example: '492039',
    }),
  })
  .refine(({ email, password }) => email === undefined || password !== undefined, {
    message: 'A new e-mail address requires the password',
    path: ['password'],
  })
  .meta({
    id: 'UpdateProfileBody',
    description: 'The changes to your profile.',
    dependentRequired: { email: ['password'] },
  });
export type UpdateProfileBody = z.infer<typeof UpdateProfileBody>;

export const DeleteAccountBody = z
  .strictObject({ password: Password })
  .meta({ id: 'DeleteAccountBody', description: 'Your password, to confirm the deletion.' });
export type DeleteAccountBody = z.infer<typeof DeleteAccountBody>;

export const SetAvatarBody = z
  .strictObject({
    attachment_id: GivenUuid.meta({
      description: 'The file.',
      example: '0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57',
    }),
  })
  .meta({ id: 'SetAvatarBody', description: 'The file of your new avatar.' });
export type SetAvatarBody = z.infer<typeof SetAvatarBody>;

export const SearchUsersQuery = z.object({
  q: Text({ min: SEARCH_CHARACTERS_MIN, max: 100 }).meta({
    description: 'The beginning of a name, or of the words in it.',
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
  description: `User names and e-mail addresses ignore case. One IP address can create ${limits.registrations_per_address} accounts an hour; attempts with a taken user name or e-mail address have a separate limit. The service mails a token that confirms the e-mail address.`,
  auth: 'none',
  rateLimit: { unlimitedBecause: 'There is no user yet. Registrations are limited per IP address.' },
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
  summary: 'Get your own profile',
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
    'Ends your other sessions and closes their sockets. Of two concurrent changes one succeeds; the other gets 403 `wrong_password`.',
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
  description: `Absent fields stay unchanged; \`full_name: null\` removes the full name. \`email\` requires the \`password\`; a session allows ${limits.login_failures_per_account_and_address} wrong passwords in ${limits.login_window_seconds / 60} min. A new address is unconfirmed until the token that is mailed to it is used. If the account has a second factor, a new address also requires a \`code\` of it or a recovery code; without one the response is 401 \`invalid_totp\`. The address can change ${limits.email_changes_per_hour} times an hour.`,
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
  responses: { 200: { description: 'Your changed profile', body: OwnProfile } },
  errors: ['wrong_password', 'invalid_totp', 'email_taken', 'rate_limited'],
});

export const setAvatar = defineHttpRoute({
  id: 'set-avatar',
  method: 'PUT',
  path: '/api/v1/users/me/avatar',
  tag: 'Users',
  summary: 'Set your avatar',
  description:
    'The file must be yours, an image, ready, and uploaded for the purpose `avatar`. Anybody who has its URL can see it. Your previous avatar is removed.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'avatars', 'avatar-urls', 'connections-read', 'moderators'],
  body: SetAvatarBody,
  responses: { 200: { description: 'Your changed profile', body: OwnProfile } },
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
  responses: { 204: { description: 'You have no avatar', body: null } },
  errors: [],
});

export const deleteAccount = defineHttpRoute({
  id: 'delete-account',
  method: 'DELETE',
  path: '/api/v1/users/me',
  tag: 'Users',
  summary: 'Deactivate your account',
  description:
    'You leave your groups, and your avatar is removed. Your messages stay, under the name `deleted user`. Your user name stays taken, and so does your e-mail address if it was confirmed. After a failure, repeat the request to finish the deletion.',
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
    'Finds users by the beginnings of the words in their names: first those whose user name or full name begins with the text, then those with a later word that does, then those with all words of the text. Words match as in the search for messages; `%` and `_` are plain characters.',
  auth: 'user',
  rateLimit: 'searches',
  needs: ['mysql', 'avatar-urls', 'connections-read'],
  query: SearchUsersQuery,
  responses: {
    200: {
      description: 'The users, best match first',
      body: z
        .object({ items: z.array(PublicProfile) })
        .meta({ id: 'PublicProfileList', description: 'A list of users.' }),
    },
  },
  errors: [],
});

export const getProfile = defineHttpRoute({
  id: 'get-profile',
  method: 'GET',
  path: '/api/v1/users/{user_id}',
  tag: 'Users',
  summary: 'Get the public profile of a user',
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
    'Finish the deletion of accounts: leave their groups, remove their avatars, and end their sessions',
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
