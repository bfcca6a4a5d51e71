import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { type InternalRoute, type JobRoute, defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import {
  Attachment,
  ChatParams,
  Counter,
  GivenUuid,
  Page,
  PageQuery,
  Text,
  Timestamp,
  Uuid,
} from '../contract/schemas.ts';

/** A media type (RFC 9110), with its parameters. */
const ContentType = z
  .string()
  .max(255)
  .regex(
    /^[\w!#$&^.+-]{1,100}\x2f[\w!#$&^.+-]{1,100}( *; *[\w!#$&^.+-]+=("[\w !#$&^.+\x2f:,-]*"|[\w!#$&^.+-]+))*$/,
  )
  .meta({ description: 'The declared media type.', example: 'image/jpeg' });

export const CreateAttachmentBody = z
  .strictObject({
    file_name: Text({ min: 1, max: 255 }).meta({
      description: 'The name of the file, without a path.',
      example: 'heron.jpg',
    }),
    content_type: ContentType,
    size: z
      .int()
      .min(1)
      .meta({ description: `The exact size in bytes; at most ${limits.file_bytes}.`, example: 204_800 }),
    purpose: z.enum(['message', 'avatar']).default('message').meta({
      description:
        'The use of the file: in a message, or as an avatar, which is cropped to a square of at most 512 × 512 pixels.',
    }),
  })
  .meta({ id: 'CreateAttachmentBody', description: 'A file to upload.' });
export type CreateAttachmentBody = z.infer<typeof CreateAttachmentBody>;

export const AttachmentUpload = z
  .object({
    attachment: Attachment,
    upload: z
      .object({
        url: z.string().meta({
          description: 'The URL to post the file to, as `multipart/form-data`.',
          example: 'https://files.s3.eu-central-1.amazonaws.com/',
        }),
        fields: z.record(z.string(), z.string()).meta({
          description: 'Post these fields unchanged, before `file`, which comes last.',
          example: { key: 'u/019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e' },
        }),
        expires_at: Timestamp.meta({ description: 'When the form expires.' }),
      })
      .meta({ id: 'UploadForm', description: 'The form for uploading the file, directly to S3.' }),
  })
  .meta({ id: 'AttachmentUpload', description: 'A file, and the form for uploading it.' });
export type AttachmentUpload = z.infer<typeof AttachmentUpload>;

export const Storage = z
  .object({
    used_bytes: Counter.meta({ description: 'The bytes that your files take.', example: 204_800 }),
    quota_bytes: Counter.meta({ description: 'The bytes that your files may take.', example: 1_073_741_824 }),
  })
  .meta({ id: 'Storage', description: 'The storage of a user’s files.' });
export type Storage = z.infer<typeof Storage>;

/** A file of a chat, with the message that contains it. */
export const ChatAttachment = z
  .object({
    message_id: Uuid.meta({
      description: 'The `message_id` of its message.',
      example: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e',
    }),
    id: Counter.meta({ description: 'The `id` of its message.', example: 99 }),
    seq: Counter.meta({ description: 'The `seq` of its message in the chat.', example: 12 }),
    attachment: Attachment,
  })
  .meta({ id: 'ChatAttachment', description: 'A file of a chat, and its message.' });
export type ChatAttachment = z.infer<typeof ChatAttachment>;

export const ListChatAttachmentsQuery = PageQuery.extend({
  kind: z
    .enum(['image', 'video', 'audio', 'file'])
    .optional()
    .meta({ description: 'Returns only files of this kind.' }),
});
export type ListChatAttachmentsQuery = z.infer<typeof ListChatAttachmentsQuery>;

const AttachmentParams = z.object({
  id: GivenUuid.meta({ description: 'The file’s id.', example: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e' }),
});

export const createAttachment = defineHttpRoute({
  id: 'create-attachment',
  method: 'POST',
  path: '/api/v1/attachments',
  collection: true,
  tag: 'Files',
  summary: 'Begin the upload of a file',
  description: `Post every field of \`upload.fields\` and then the \`file\` to \`upload.url\`, within 15 minutes; then complete the file. At most ${limits.file_bytes} bytes per file, ${limits.storage_bytes_per_user} bytes per user, and ${limits.uploads_per_hour} files an hour.`,
  auth: 'user',
  rateLimit: 'uploads',
  needs: ['mysql', 'upload-forms'],
  body: CreateAttachmentBody,
  responses: { 201: { description: 'The pending file, and its upload form', body: AttachmentUpload } },
  errors: ['file_too_large', 'storage_full'],
});

export const completeAttachment = defineHttpRoute({
  id: 'complete-attachment',
  method: 'POST',
  path: '/api/v1/attachments/{id}/complete',
  tag: 'Files',
  summary: 'Complete the upload of a file',
  description:
    'The service checks the bytes: a file declared as image, video, audio or PDF must be one. Images are rotated upright and lose the camera’s metadata, including the location. Completing a file again returns the same.',
  auth: 'user',
  rateLimit: 'changes',
  // The decoder may take 12 s, cold start included: a large image of some formats needs most of that.
  answersWithin: 15,
  needs: ['mysql', 'file-intake', 'image-decoder', 'file-urls'],
  params: AttachmentParams,
  responses: { 200: { description: 'The file, now ready', body: Attachment } },
  errors: ['attachment_not_found', 'upload_missing', 'file_rejected'],
});

export const getAttachment = defineHttpRoute({
  id: 'get-attachment',
  method: 'GET',
  path: '/api/v1/attachments/{id}',
  tag: 'Files',
  summary: 'Get a file, with fresh URLs',
  description: 'For the user who uploaded the file, and users who can see its message.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'file-urls'],
  params: AttachmentParams,
  responses: { 200: { description: 'The file', body: Attachment } },
  errors: ['attachment_not_found'],
});

export const deleteAttachment = defineHttpRoute({
  id: 'delete-attachment',
  method: 'DELETE',
  path: '/api/v1/attachments/{id}',
  tag: 'Files',
  summary: 'Delete a file that is in no message and no avatar',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'file-removal'],
  params: AttachmentParams,
  responses: { 204: { description: 'The file is deleted', body: null } },
  errors: ['attachment_not_found', 'attachment_in_use'],
});

export const listChatAttachments = defineHttpRoute({
  id: 'list-chat-attachments',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/attachments',
  collection: true,
  tag: 'Files',
  summary: 'List the files of a chat, newest first',
  description: 'Leaves out files of deleted messages.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'file-urls'],
  params: ChatParams,
  query: ListChatAttachmentsQuery,
  responses: {
    200: {
      description: 'A page of files',
      body: Page(ChatAttachment).meta({ id: 'ChatAttachmentPage', description: 'A page of files.' }),
    },
  },
  errors: ['chat_not_found'],
});

export const getStorage = defineHttpRoute({
  id: 'get-storage',
  method: 'GET',
  path: '/api/v1/users/me/storage',
  tag: 'Files',
  summary: 'Get the size and quota of your files',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql'],
  responses: { 200: { description: 'The size and quota', body: Storage } },
  errors: [],
});

/** Removes files that nobody can see any more. */
export const removeFiles: JobRoute = {
  transport: 'job',
  id: 'remove-files',
  summary: 'Remove files that are in no message and no avatar, and finish interrupted removals',
  schedule: 'rate(1 hour)',
  needs: ['mysql', 'file-removal'],
  errors: [],
};

/**
 * Decodes an untrusted image in a function without access to anything valuable, in case the image takes the decoder
 * over.
 */
export const decodeImage: InternalRoute = {
  transport: 'internal',
  id: 'decode-image',
  summary: 'Decode an uploaded image: make an upright image without metadata, and a thumbnail',
  needs: ['image-decoding'],
  load: 'image',
  errors: [],
};

/** Receives the event of a file that contains malware. */
export const blockFile: InternalRoute = {
  transport: 'internal',
  id: 'block-file',
  summary: 'Block a file in which GuardDuty found a threat, and remove its objects',
  event: {
    source: 'aws.guardduty',
    detailType: 'GuardDuty Malware Protection Object Scan Result',
    detail: { scanResultDetails: { scanResultStatus: ['THREATS_FOUND'] } },
  },
  needs: ['mysql', 'mongodb', 'file-removal', 'file-urls', 'connections', 'post'],
  errors: [],
};

export const feature = {
  name: 'files',
  http: [
    createAttachment,
    completeAttachment,
    getAttachment,
    deleteAttachment,
    listChatAttachments,
    getStorage,
  ],
  jobs: [removeFiles],
  internal: [decodeImage, blockFile],
} as const satisfies Feature;
