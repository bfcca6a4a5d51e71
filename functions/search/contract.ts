import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { SEARCH_CHARACTERS_MIN, SEARCH_MATCHES_MAX } from '../contract/limits.ts';
import { type JobRoute, defineHttpRoute } from '../contract/route.ts';
import { IdText, PageQuery, Text } from '../contract/schemas.ts';
import { MessagePage } from '../messages/contract.ts';

/** A query of one character is useful when the character is a word by itself, such as 🎉 or 猫. */
const MessageQuestion = Text({ min: 1, max: 200 })
  .refine(
    (text) => text.length >= SEARCH_CHARACTERS_MIN || /[^\p{ASCII}]/u.test(text),
    `Must have at least ${SEARCH_CHARACTERS_MIN} characters, or one beyond ASCII`,
  )
  .meta({
    description: 'The words to find.',
    example: 'nine',
    pattern: String.raw`^([^\u0000]{${SEARCH_CHARACTERS_MIN},}|[^\u0000-\u007f])$`,
  });

export const SearchMessagesQuery = PageQuery.extend({
  q: MessageQuestion,
  chat_id: IdText.optional(),
  match: z.enum(['word', 'prefix']).optional().meta({
    description:
      'Whether whole words match, which is the default, or also their beginnings: `mot` finds `moth`.',
  }),
});

export type SearchMessagesQuery = z.infer<typeof SearchMessagesQuery>;

export const searchMessages = defineHttpRoute({
  id: 'search-messages',
  method: 'GET',
  path: '/api/v1/messages/search',
  collection: true,
  tag: 'Messages',
  summary: 'Find messages of your chats that contain all words, newest first',
  description: `Words match as people read them. The search ignores case (\`STRASSE\` finds \`Straße\`), compatibility forms such as full width, the accents of Latin and Greek letters, the points of Hebrew and Arabic, and the difference of ё and е. Marks that make another letter count (\`パンダ\` is not \`ハンダ\`, \`мой\` not \`мои\`). Soft hyphens and joiners are not part of a word. An emoji is a word, in any skin tone. Whole words match, unless \`match\` is \`prefix\`; in scripts without spaces, any part of a text matches. \`total\` counts the visible messages among the latest ${SEARCH_MATCHES_MAX} matches.`,
  auth: 'user',
  rateLimit: 'searches',
  needs: ['mysql', 'mongodb', 'file-urls'],
  query: SearchMessagesQuery,
  responses: { 200: { description: 'A page of messages', body: MessagePage } },
  errors: ['chat_not_found'],
});

/** Indexes what the previous version of the code stored while traffic shifted to this one. */
export const indexTexts: JobRoute = {
  transport: 'job',
  id: 'index-texts',
  summary: 'Index the texts and names that older code stored',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

export const feature = {
  name: 'search',
  http: [searchMessages],
  jobs: [indexTexts],
} as const satisfies Feature;
