import type {
  completeAttachment,
  createAttachment,
  deleteAttachment,
  getAttachment,
} from '../../../functions/files/contract.ts';
import type { ChatClient } from '../chat-client.ts';
import type { Call } from '../contract.ts';
import type { ChatApi } from './chat-api.ts';

export type AttachmentCalls = Pick<
  ChatApi,
  'createAttachment' | 'completeAttachment' | 'getAttachment' | 'deleteAttachment'
>;

/** The routes of files, in their own module, since uploads need no others. */
export const createAttachmentCalls = (client: Pick<ChatClient, 'call'>): AttachmentCalls => {
  const call = client.call as Call;
  return {
    createAttachment: (body) => call<typeof createAttachment>('POST /attachments', 'upload', body),
    completeAttachment: (id) => call<typeof completeAttachment>(`POST /attachments/${id}/complete`, 'id'),
    getAttachment: (id) => call<typeof getAttachment>(`GET /attachments/${id}`, 'id'),
    deleteAttachment: (id) => call<typeof deleteAttachment>(`DELETE /attachments/${id}`, ''),
  };
};
