import { sendMessage as route } from '../routes/messages.ts';
import { announceMessage } from '../services/announce-message.ts';
import { sendMessage } from '../services/messages.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ actor, body }) => {
  const sent = await sendMessage(actor, body);
  if (sent.duplicate) return answer(200, { ...sent.message, duplicate: true });
  await announceMessage(actor, sent);
  return answer(201, sent.message);
});
