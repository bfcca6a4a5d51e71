import { editMessage as route } from '../routes/messages.ts';
import { allDone } from '../services/all-done.ts';
import { announceMessageChange } from '../services/announce-change.ts';
import { editMessage } from '../services/message-changes.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params, body }) => {
  const changed = await editMessage(actor, params.id, body.content);
  return answer(200, changed.message, {
    afterwards: () => allDone([changed.settle(), announceMessageChange('message_updated', changed)]),
  });
});
