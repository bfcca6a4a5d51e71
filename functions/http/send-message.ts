import { sendMessage as route } from '../routes/messages.ts';
import { announceMessage } from '../services/announce-message.ts';
import { sendMessage } from '../services/send-message.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const sent = await sendMessage(actor, body);
  if (sent.duplicate) return answer(200, { ...sent.message, duplicate: true });
  return answer(201, sent.message, { afterwards: () => announceMessage(actor, sent) });
});
