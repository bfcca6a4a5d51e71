import { deleteMessage as route } from '../routes/messages.ts';
import { announceMessageChange } from '../services/announce-change.ts';
import { deleteMessage } from '../services/message-changes.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  const changed = await deleteMessage(actor, params.id);
  return answer(204, null, {
    afterwards: async () => {
      await Promise.all([changed.settle(), announceMessageChange('message_deleted', changed)]);
    },
  });
});
