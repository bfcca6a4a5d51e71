import assert from 'node:assert/strict';
import type { Message, Page } from '../../functions/contract/schemas.ts';
import type { MessageCursorPage } from '../../functions/messages/contract.ts';
import type { Player } from './players.ts';

/** The body of a response. @throws AssertionError for any status except 200 */
export const ask = async <Body>(
  { api }: Player,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> => {
  const answer = await api.request<Body>(method, path, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** All visible messages of a chat, oldest first. */
export const historyOf = async (player: Player, chatId: number): Promise<Message[]> => {
  const messages: Message[] = [];
  let after = 0;
  for (;;) {
    const path = `/messages/chat/${chatId}?after_seq=${after}&limit=100`;
    const page: MessageCursorPage = await ask(player, 'GET', path);
    messages.push(...page.items);
    if (!page.has_more || page.next_after_seq === null || page.next_after_seq === undefined) return messages;
    after = page.next_after_seq;
  }
};

/** All items of a list that is paged by number. @param path with a query, to which the page is added */
export const listOf = async <Item>(player: Player, path: `${string}?${string}`): Promise<Item[]> => {
  const items: Item[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const found: Page<Item> = await ask(player, 'GET', `${path}&page=${page}`);
    items.push(...found.items);
    ({ pages } = found);
  }
  return items;
};
