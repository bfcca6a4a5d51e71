import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listChatAttachments as route } from '../contract.ts';
import { listChatAttachments } from '../list-chat-attachments.ts';

export const handler = userHandler(route, async ({ actor, params, query }) =>
  answer(200, await listChatAttachments(actor, params.chat_id, query)),
);
