import * as z from 'zod';
import { PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, limits } from './limits.ts';
import { defineHttpRoute } from './route.ts';
import { OwnProfile, Text, storableText } from './schemas.ts';

const Username = z
  .string()
  .min(limits.username_characters_min)
  .max(limits.username_characters)
  .regex(/^[A-Za-z0-9_.-]+$/, 'Only letters, digits and _ . -')
  .meta({ example: 'ada' });

const Email = z.email().max(254).meta({ example: 'ada@example.org' });

const utf8 = new TextEncoder();

const NewPassword = z
  .string()
  .min(PASSWORD_CHARACTERS_MIN)
  .refine(storableText, 'Must not contain NUL or lone surrogates')
  .refine(
    (password) => utf8.encode(password).length <= PASSWORD_BYTES_MAX,
    `Must have at most ${PASSWORD_BYTES_MAX} bytes in UTF-8`,
  )
  .meta({ example: 'correct horse battery', format: 'password' });

const FullName = Text({ min: 1, max: limits.full_name_characters }).meta({ example: 'Ada Lovelace' });

export const RegisterBody = z
  .strictObject({
    username: Username,
    email: Email,
    password: NewPassword,
    full_name: FullName.nullish(),
  })
  .meta({ id: 'RegisterBody' });
export type RegisterBody = z.infer<typeof RegisterBody>;

/** Deliberately loose: whatever cannot be an account's is answered as wrong credentials, like any other. */
export const LoginBody = z
  .strictObject({
    username: z.string().max(254).meta({ example: 'ada' }),
    password: z.string().max(1024).meta({ example: 'correct horse battery', format: 'password' }),
  })
  .meta({ id: 'LoginBody' });
export type LoginBody = z.infer<typeof LoginBody>;

export const Tokens = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().positive(),
    refresh_token: z.string(),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.infer<typeof Tokens>;

export const registerUser = defineHttpRoute({
  id: 'register-user',
  method: 'POST',
  path: '/api/v1/users/register',
  tag: 'Users',
  summary: 'Create an account',
  auth: 'none',
  needs: ['mysql'],
  load: 'password',
  body: RegisterBody,
  responses: { 201: { description: 'The new account', body: OwnProfile } },
  errors: ['username_taken', 'email_taken'],
});

export const logIn = defineHttpRoute({
  id: 'log-in',
  method: 'POST',
  path: '/api/v1/users/login',
  tag: 'Users',
  summary: 'Log in with username or e-mail address and password',
  auth: 'none',
  needs: ['mysql', 'sessions', 'signing-keys'],
  load: 'password',
  body: LoginBody,
  responses: { 200: { description: 'Tokens of a new session', body: Tokens } },
  errors: ['invalid_credentials'],
});

export const getOwnProfile = defineHttpRoute({
  id: 'get-own-profile',
  method: 'GET',
  path: '/api/v1/users/me',
  tag: 'Users',
  summary: 'Your own profile',
  auth: 'user',
  needs: ['mysql'],
  responses: { 200: { description: 'Your profile', body: OwnProfile } },
  errors: [],
});
