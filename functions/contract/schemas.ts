import * as z from 'zod';
import { hasControlCharacter, hasVisibleCharacter, readsAsDeleted } from '../text/visible.ts';
import { errorCodes } from './errors.ts';
import { EXCERPT_CHARACTERS, PAGE_ITEMS_DEFAULT, limits } from './limits.ts';

/** The id of a MySQL row: positive, and exact as a JSON number. */
export const Id = z.int().positive().meta({ example: 42 });

/** An id in a path or a query, where every value is text. */
export const IdText = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'Expected a positive whole number')
  .transform(Number)
  .pipe(Id);

/** The `chat_id` of a path. */
export const ChatParams = z.object({ chat_id: IdText });

/** A counter of a chat; 0 when nothing has happened yet. */
export const Counter = z.int().nonnegative();

export const CounterText = z
  .string()
  .regex(/^\d{1,16}$/, 'Expected a whole number')
  .transform(Number)
  .pipe(Counter);

/** ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime({ precision: 3 }).meta({ example: '2026-01-31T09:26:53.589Z' });

/** `GivenTimestamp` as a pattern for documents. The pattern limits the year in the timestamp's own time zone. */
export const GIVEN_TIMESTAMP_PATTERN = String.raw`^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`;

const inUtc = (text: string): string => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
};

/**
 * A timestamp that a client sends and the service stores: with any number of decimals and in any time zone, as the
 * libraries of different languages write them. Parsed to a `Timestamp`. MySQL guarantees a `DATETIME` for the years
 * 1000 to 9999, and its driver reads the years 0 to 99 as 1970 to 2069.
 * https://dev.mysql.com/doc/refman/8.0/en/datetime.html
 */
export const GivenTimestamp = z.iso
  .datetime({ offset: true, abort: true })
  .overwrite(inUtc)
  .refine((text) => /^[1-9]\d{3}-/.test(text), 'Must be of the years 1000 to 9999')
  .meta({ pattern: GIVEN_TIMESTAMP_PATTERN, example: '2026-01-31T09:26:53.589Z' });

/** Text that every store can hold and every client can read back unchanged. */
export const storableText = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

/*
 * Patterns of permitted text for the documents: without `\p`, which generators of other languages lack, and each with
 * only one way to match, so that no match takes long (no catastrophic backtracking). They do not cover invisible
 * characters beyond the basic multilingual plane.
 */

/**
 * The one character that no text may contain. Lone surrogates are forbidden as well, but many engines reject a
 * pattern that names them.
 */
const UNSTORABLE = String.raw`\u0000`;
export const TEXT_PATTERN = `^[^${UNSTORABLE}]*$`;

/** White space, and default-ignorable characters. */
const INVISIBLE = String.raw`\t-\r \u0085\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8`;
const VISIBLE_PATTERN = `^[${INVISIBLE}]*[^${UNSTORABLE}${INVISIBLE}][^${UNSTORABLE}]*$`;

/** Control and format characters except joiners, and letters that render as nothing. */
const NOT_OF_NAMES = String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb`;
/** Characters that are allowed in names but invisible. */
const BLANK_IN_NAMES = String.raw` \u00a0\u034f\u1680\u17b4\u17b5\u180b-\u180d\u180f\u2000-\u200a\u200c\u200d\u202f\u205f\u2065\u3000\ufe00-\ufe0f\ufff0-\ufff8`;
const NAME_PATTERN = `^[${BLANK_IN_NAMES}]*[^${NOT_OF_NAMES}${BLANK_IN_NAMES}][^${NOT_OF_NAMES}]*$`;

/** Text without NUL and lone surrogates. Its length is in code points. */
export const Text = (length: { min: number; max: number }) =>
  z
    .string()
    .refine(storableText, 'Must not contain NUL or lone surrogates')
    .refine(
      (text) => {
        // A code point takes one or two code units: count only when the code units do not decide.
        if (text.length < length.min || text.length > 2 * length.max) return false;
        if (text.length <= length.max && text.length >= length.min * 2) return true;
        const codePoints = Array.from(text).length;
        return codePoints >= length.min && codePoints <= length.max;
      },
      // Later checks may take long on a text of unbounded length, so they are skipped for one that is too long.
      { error: `Must have ${length.min} to ${length.max} characters`, abort: true },
    )
    .meta({ minLength: length.min, maxLength: length.max, pattern: TEXT_PATTERN });

/**
 * Text that people are to see: of this length, and not of white space and invisible characters alone. A minimum of 0
 * allows an empty text.
 */
export const VisibleText = (length: { min: number; max: number }) =>
  Text(length)
    .refine(
      (text) => (text === '' && length.min === 0) || hasVisibleCharacter(text),
      'Must contain a visible character, not only white space',
    )
    .meta({ pattern: length.min === 0 ? `^$|${VISIBLE_PATTERN}` : VISIBLE_PATTERN });

/**
 * A name that is shown for a user or a group: stored verbatim, and restricted to characters that cannot make it pass
 * for something else.
 */
export const DisplayName = (length: { min: number; max: number }) =>
  VisibleText(length)
    .refine(
      (name) => !hasControlCharacter(name),
      'Must not contain control, format or other invisible characters, or line breaks',
    )
    .refine((name) => !readsAsDeleted(name), 'This name is reserved for deleted accounts')
    .meta({ pattern: NAME_PATTERN });

export const Uuid = z.uuid().meta({ example: '019be8a4-95c6-7d6c-9c1e-2f8f6ff0a8d5' });

/**
 * An id that the service generated, as a client sends it back: in either case (RFC 9562, section 4), for example in
 * the capitals that Swift prints. Parsed to lower case, as the stores have it.
 */
export const GivenUuid = Uuid.toLowerCase();

export const Reaction = z
  .object({
    emoji: z.string().meta({ description: 'The emoji, with its variation selectors.', example: '👍' }),
    count: z.int().min(1).meta({ description: 'The number of users who reacted with it.', example: 3 }),
    me: z.boolean().meta({ description: 'Whether you reacted with it.', example: true }),
  })
  .meta({ id: 'Reaction', description: 'An emoji under a message.' });
export type Reaction = z.infer<typeof Reaction>;

/** A file, as users with access to it see it. */
export const Attachment = z
  .object({
    id: Uuid.meta({ description: 'The file’s id.', example: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e' }),
    kind: z.enum(['image', 'video', 'audio', 'file']).meta({
      description: 'The kind of file. SVG, HTML and HEIC count as `file`.',
      example: 'image',
    }),
    file_name: z.string().meta({ description: 'The name that its sender gave it.', example: 'heron.jpg' }),
    content_type: z
      .string()
      .meta({ description: 'The media type; for an image, detected from its bytes.', example: 'image/jpeg' }),
    size: Counter.meta({ description: 'The size in bytes.', example: 204_800 }),
    width: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'The width of an image, in pixels.', example: 1600 }),
    height: z
      .int()
      .min(1)
      .nullable()
      .meta({ description: 'The height of an image, in pixels.', example: 1200 }),
    placeholder: z.string().nullable().meta({
      description: 'The placeholder to show until an image is loaded: a thumbhash in base64.',
      example: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
    }),
    status: z.enum(['pending', 'ready', 'rejected', 'blocked']).meta({
      description:
        '`pending` until the file is completed; `rejected` if it is not what it was declared as; `blocked` if a threat was found in it.',
      example: 'ready',
    }),
    url: z.string().nullable().meta({
      description:
        'The URL of the file, which needs no token; null until the file is ready. Works for 60 to 120 minutes.',
      example: 'https://files.example.org/f/019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e?Expires=1769853600',
    }),
    thumbnail_url: z.string().nullable().meta({
      description: 'The URL of an image’s thumbnail: WebP, at most 640 × 640 pixels.',
      example: 'https://files.example.org/t/019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e?Expires=1769853600',
    }),
    urls_expire_at: Timestamp.nullable().meta({ description: 'When the URLs expire.' }),
    created_at: Timestamp.meta({ description: 'When the upload began.' }),
  })
  .meta({ id: 'Attachment', description: 'A file.' });
export type Attachment = z.infer<typeof Attachment>;

/** The message that a message replies to, as it was when the response was rendered. */
export const Quote = z
  .object({
    id: Id.meta({ description: 'The `id` of the quoted message.', example: 98 }),
    seq: Counter.meta({ description: 'The `seq` of the quoted message.', example: 11 }),
    sender_id: Id.meta({ description: 'The id of its sender.', example: 8 }),
    sender_username: z.string().meta({ description: 'Its sender’s current user name.', example: 'grace' }),
    excerpt: z
      .string()
      .nullable()
      .meta({
        description: `The first ${EXCERPT_CHARACTERS} code points of its content; null if it is deleted.`,
        example: 'Shall we meet at nine?',
      }),
  })
  .meta({
    id: 'Quote',
    description: 'The current state of the message that a message replies to.',
  });
export type Quote = z.infer<typeof Quote>;

export const Message = z
  .object({
    id: Id.meta({ description: 'The message’s id in paths.', example: 99 }),
    message_id: Uuid.meta({
      description: 'The message’s id in both stores.',
      example: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e',
    }),
    chat_id: Id,
    seq: Counter,
    rev: Counter,
    sender_id: Id.meta({ description: 'The id of the sender.', example: 7 }),
    sender_username: z.string().meta({ description: 'The sender’s current user name.', example: 'ada' }),
    content: z.string().nullable(),
    message_type: z.literal('text'),
    timestamp: Timestamp,
    edited_at: Timestamp.nullable().meta({
      description: 'When the content last changed; null if it never did.',
      example: null,
    }),
    is_edited: z.boolean().meta({ description: 'Whether the content ever changed.', example: false }),
    is_deleted: z.boolean().meta({ description: 'Whether the message is deleted.', example: false }),
    client_message_id: Uuid.nullable(),
    reply_to: Quote.nullable().meta({
      description: 'The message that this one replies to; null while this one is deleted.',
      example: null,
    }),
    mentions: z.array(Id).meta({
      description: 'The ids of the mentioned users; empty while the message is deleted.',
      example: [],
    }),
    mention_all: z
      .boolean()
      .meta({ description: 'Whether the message mentions everybody in the chat.', example: false }),
    pinned_at: Timestamp.nullable().meta({
      description: 'When the message was pinned; null if it is not pinned.',
      example: null,
    }),
    pinned_by: Id.nullable().meta({
      description: 'The id of the user who pinned it; null if it is not pinned.',
      example: null,
    }),
    attachments: z.array(Attachment).meta({
      description: 'The files, in the order of sending; empty while the message is deleted.',
      example: [],
    }),
    reactions: z.array(Reaction).meta({
      description: 'The reactions by emoji, earliest used first; empty while the message is deleted.',
      example: [],
    }),
  })
  .meta({
    id: 'Message',
    description: 'A message. A deleted one has no content, `reply_to`, mentions, files, reactions or pin.',
  });
export type Message = z.infer<typeof Message>;

/** The avatar of a user or a group. */
export const AvatarUrl = z.string().nullable().meta({
  description:
    'The URL, for anybody who has it, of a square WebP image of at most 512 × 512 pixels; null without one.',
  example: 'https://files.example.org/a/0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57',
});

export const PublicProfile = z
  .object({
    id: Id,
    username: z.string(),
    full_name: z.string().nullable(),
    avatar_url: AvatarUrl,
    last_seen: Timestamp.nullable(),
    online: z.boolean(),
  })
  .meta({ id: 'PublicProfile', description: 'A user’s profile, as others see it.' });
export type PublicProfile = z.infer<typeof PublicProfile>;

export const ChatType = z.enum(['direct', 'group']);
export type ChatType = z.infer<typeof ChatType>;

/** Who may send to a group. */
export const Posting = z.enum(['everyone', 'admins']).meta({
  description: 'Who may send: everyone in the chat, or only admins. Everyone may react.',
  example: 'everyone',
});

const SLOW_SECONDS_MAX = 3600;

/** The minimum interval between two messages of a member in slow mode. */
export const SlowSeconds = z.int().min(0).max(SLOW_SECONDS_MAX).meta({
  description: 'Seconds that members must wait between two messages; 0 for none. Admins do not wait.',
  example: 0,
});

/** A participant's role. */
export const ParticipantRole = z.enum(['owner', 'admin', 'member']).meta({
  description: 'The role. Each group has one owner; in a direct chat, both users are members.',
  example: 'member',
});
export type ParticipantRole = z.infer<typeof ParticipantRole>;

export const ChatNotifications = z
  .object({
    level: z.enum(['all', 'mentions', 'none']).meta({
      description: 'Which messages of the chat cause notifications.',
      example: 'all',
    }),
    muted_until: Timestamp.nullable().meta({
      description: 'Until when the chat is muted; null if it is not muted.',
      example: null,
    }),
  })
  .meta({ id: 'ChatNotifications', description: 'Your notification settings in a chat.' });
export type ChatNotifications = z.infer<typeof ChatNotifications>;

export const Chat = z
  .object({
    id: Id.meta({ description: 'The chat’s id.', example: 42 }),
    chat_type: ChatType,
    name: z.string().nullable(),
    avatar_url: AvatarUrl.meta({
      description: 'The URL of a group’s avatar; null without one, and in a direct chat.',
    }),
    description: z.string().nullable().meta({ description: 'What the group is about.', example: null }),
    posting: Posting,
    slow_seconds: SlowSeconds,
    is_active: z.boolean(),
    created_at: Timestamp,
    updated_at: Timestamp.meta({ description: 'When the chat last changed.' }),
    participant_count: Counter.meta({ description: 'The number of participants.', example: 2 }),
    last_seq: Counter,
    rev: Counter,
    last_message: Message.nullable(),
    unread_count: Counter,
    mention_count: Counter,
    last_read_seq: Counter,
    is_admin: z.boolean(),
    notifications: ChatNotifications.meta({ description: 'Your own settings; nobody else sees them.' }),
    peer: PublicProfile.optional().meta({ description: 'The other person, in a direct chat only.' }),
  })
  .meta({ id: 'Chat', description: 'A chat as the caller sees it.' });
export type Chat = z.infer<typeof Chat>;

export const Participant = z
  .object({
    id: Id,
    username: z.string(),
    full_name: z.string().nullable(),
    avatar_url: AvatarUrl,
    role: ParticipantRole,
    is_admin: z.boolean(),
    joined_at: Timestamp.meta({ description: 'When the participant joined the chat.' }),
    last_read_seq: Counter,
    online: z.boolean(),
  })
  .meta({ id: 'Participant', description: 'A participant of a chat.' });
export type Participant = z.infer<typeof Participant>;

export const ChatDetail = Chat.extend({ participants: z.array(Participant) }).meta({
  id: 'ChatDetail',
  description: 'A chat with its participants.',
});
export type ChatDetail = z.infer<typeof ChatDetail>;

export const limitText = z
  .string()
  .regex(/^\d{1,9}$/, `Must be a whole number from 1 to ${limits.page_items}`)
  .transform(Number)
  .pipe(z.int().min(1).max(limits.page_items));

export const pageText = z
  .string()
  .regex(/^\d{1,9}$/, 'Must be a whole number from 1 to 999999999')
  .transform(Number)
  .pipe(z.int().min(1).max(999_999_999));

/** The query parameters `page` and `limit` of every list. */
export const PageQuery = z.object({
  page: pageText.default(1),
  limit: limitText.default(PAGE_ITEMS_DEFAULT),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** A page of a list. */
export const Page = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    total: Counter,
    page: z.int().min(1),
    limit: z.int().min(1),
    pages: Counter,
  });
export interface Page<Item> {
  readonly items: Item[];
  readonly total: number;
  readonly page: number;
  readonly limit: number;
  readonly pages: number;
}

/** The places where an input does not match its schema. */
export const InputErrors = z.array(
  z
    .object({
      path: z.string().meta({
        description: 'The path of the field in the input; empty for the whole input.',
        example: 'content',
      }),
      message: z.string().meta({ description: 'What is wrong with the field.', example: 'Invalid input' }),
    })
    .meta({ id: 'InputError', description: 'An invalid place in the input.' }),
);

/** The service's own codes; the documents say that clients may meet others. */
export const ErrorCode = z.enum(errorCodes).meta({ extensible: true });

/** The body of every response with a status of 400 or above. */
export const ErrorBody = z
  .object({
    detail: z.string(),
    status_code: z.int().min(400).max(599),
    code: ErrorCode,
    errors: InputErrors.optional(),
    retry_after: z.int().min(1).optional(),
    user_ids: z
      .array(Id)
      .optional()
      .meta({ description: 'The users whom you cannot add; on `cannot_add_user`.', example: [8] }),
  })
  // Not `Error`: many languages have a type of that name, which the generated clients' type would shadow.
  .meta({ id: 'ApiError', description: 'The body of every response from 400 up.' });
export type ErrorBody = z.infer<typeof ErrorBody>;
