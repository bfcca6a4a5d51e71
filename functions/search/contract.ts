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
    description: 'What to look for.',
    example: 'nine',
    pattern: String.raw`^([^\u0000]{${SEARCH_CHARACTERS_MIN},}|[^\u0000-\u007f])$`,
  });

export const SearchMessagesQuery = PageQuery.extend({
  q: MessageQuestion,
  chat_id: IdText.optional(),
  match: z.enum(['word', 'prefix']).optional().meta({
    description:
      'Whether words are compared whole, which is the default, or found by their beginnings: `mot` finds `moth`.',
  }),
});

export type SearchMessagesQuery = z.infer<typeof SearchMessagesQuery>;

export const searchMessages = defineHttpRoute({
  id: 'search-messages',
  method: 'GET',
  path: '/api/v1/messages/search',
  collection: true,
  tag: 'Messages',
  summary: 'Messages of your chats that have all the words, newest first',
  description: `Words are compared as people read them: case folded (\`STRASSE\` finds \`Straße\`), full width and other compatibility forms as the plain ones, without the accents of Latin and Greek letters and the points of Hebrew and Arabic, ё as е; marks that make another letter count (\`パンダ\` is not \`ハンダ\`, \`мой\` not \`мои\`). Soft hyphens and joiners are no part of a word. An emoji is a word, in any skin tone. Words are whole, unless \`match\` is \`prefix\`; in scripts without spaces any part of a text is found. \`total\` counts visible messages, among the latest ${SEARCH_MATCHES_MAX} that match.`,
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
  summary: 'Give texts and names that older code stored the words that searches ask for',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'mongodb'],
  errors: [],
};

export const feature = {
  name: 'search',
  http: [searchMessages],
  jobs: [indexTexts],
} as const satisfies Feature;
