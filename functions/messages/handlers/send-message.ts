import { publishedAs } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { sendMessage as route } from '../contract.ts';
import { sendMessage } from '../send-message.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const outcome = await sendMessage(actor, body);
  const { message, duplicate } = outcome.result;
  return duplicate
    ? publishedAs(200, { ...message, duplicate }, outcome)
    : publishedAs(201, message, outcome);
});
