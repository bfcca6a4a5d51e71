import { restoreMessage as route } from '../routes/messages.ts';
import { announceMessageChange } from '../services/announce-change.ts';
import { restoreMessage } from '../services/message-changes.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  const changed = await restoreMessage(actor, params.id);
  return answer(200, changed.message, {
    afterwards: () => announceMessageChange('message_restored', changed),
  });
});
