import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { EXCERPT_CHARACTERS, limits } from '../contract/limits.ts';
import { defineHttpRoute, readsAreUnlimited, type JobRoute } from '../contract/route.ts';
import {
  ChatType,
  Counter,
  Id,
  IdText,
  Message,
  Page,
  PageQuery,
  Text,
  GivenTimestamp,
  Timestamp,
  Uuid,
} from '../contract/schemas.ts';

const REPORT_TEXT_CHARACTERS = 1000;

const ReportReason = z
  .enum(['spam', 'harassment', 'illegal', 'other'])
  .meta({ description: 'The reason for the report.', example: 'harassment' });

const ReportStatus = z
  .enum(['open', 'resolved'])
  .meta({ description: 'Open until a moderator has resolved it.', example: 'open' });

const Note = Text({ min: 0, max: REPORT_TEXT_CHARACTERS });

export const CreateReportBody = z
  .strictObject({
    message_id: Id.optional().meta({ description: 'The `id` of the reported message.' }),
    user_id: Id.optional().meta({ description: 'The id of the reported user.' }),
    chat_id: Id.optional().meta({ description: 'The id of the reported chat.' }),
    reason: ReportReason,
    comment: Note.nullish().meta({
      description: 'Further details for the moderators.',
      example: 'Third time today.',
    }),
  })
  .refine(
    (body) => [body.message_id, body.user_id, body.chat_id].filter((id) => id !== undefined).length === 1,
    { message: 'Give exactly one of message_id, user_id and chat_id', path: ['message_id'] },
  )
  .meta({ id: 'CreateReportBody', description: 'The reported message, user or chat, and the reason.' });
export type CreateReportBody = z.infer<typeof CreateReportBody>;

export const ReportReceipt = z
  .object({ id: Id, status: ReportStatus, created_at: Timestamp })
  .meta({ id: 'ReportReceipt', description: 'A report, as its reporter sees it.' });
export type ReportReceipt = z.infer<typeof ReportReceipt>;

const NamedUser = z
  .object({ id: Id, username: z.string() })
  .meta({ id: 'NamedUser', description: 'A user with their name.' });

const ReportedUser = z
  .object({ id: Id, username: z.string(), full_name: z.string().nullable() })
  .meta({ id: 'ReportedUser', description: 'A user as they were when they were reported.' });

const ReportedChat = z
  .object({ id: Id, chat_type: ChatType, name: z.string().nullable() })
  .meta({ id: 'ReportedChat', description: 'A chat as it was when it was reported.' });

const ReportedMessage = z
  .object({
    id: Id,
    seq: Counter,
    timestamp: Timestamp,
    edited_at: Timestamp.nullable().meta({ description: 'When its content last changed before the report.' }),
    is_deleted: z
      .boolean()
      .meta({ description: 'Whether it was deleted before the report.', example: false }),
    content: z.string().nullable().meta({
      description: 'Its content at the report; null if the content was already removed.',
      example: 'Buy now!',
    }),
    attachments: z
      .array(
        z
          .object({
            id: Uuid,
            file_name: z.string().meta({ description: 'Its name.', example: 'offer.pdf' }),
            content_type: z.string().meta({ description: 'Its type.', example: 'application/pdf' }),
            size: Counter.meta({ description: 'Bytes.', example: 204_800 }),
          })
          .meta({ id: 'ReportedAttachment', description: 'A file of a reported message.' }),
      )
      .meta({ description: 'Its files at the report.', example: [] }),
  })
  .meta({ id: 'ReportedMessage', description: 'A message as it was when it was reported.' });
export type ReportedMessage = z.infer<typeof ReportedMessage>;

const reportFields = {
  id: Id,
  kind: z.enum(['message', 'user', 'chat']).meta({ description: 'What was reported.', example: 'message' }),
  status: ReportStatus,
  reason: ReportReason,
  comment: z
    .string()
    .nullable()
    .meta({ description: 'The reporter’s comment.', example: 'Third time today.' }),
  reporter: NamedUser.meta({ description: 'The user who made the report.' }),
  message_id: Id.nullable().meta({ description: 'The `id` of the reported message.' }),
  excerpt: z
    .string()
    .nullable()
    .meta({
      description: `The first ${EXCERPT_CHARACTERS} code points of the message at the report.`,
      example: 'Buy now!',
    }),
  user: ReportedUser.nullable().meta({
    description: 'The reported user, or the sender of the reported message.',
  }),
  chat: ReportedChat.nullable().meta({
    description: 'The reported chat, or the chat of the reported message.',
  }),
  created_at: Timestamp.meta({ description: 'When the report was made.' }),
  resolved_at: Timestamp.nullable().meta({ description: 'When the report was resolved.', example: null }),
};

export const Report = z
  .object(reportFields)
  .meta({ id: 'Report', description: 'A report, as moderators see it.' });
export type Report = z.infer<typeof Report>;

const ModerationAct = z
  .object({
    id: Id,
    action: z
      .enum(['dismiss', 'delete_message', 'suspend_user', 'lift_suspension'])
      .meta({ description: 'What was done.', example: 'suspend_user' }),
    moderator: NamedUser.meta({ description: 'The moderator who did it.' }),
    report_id: Id.nullable().meta({ description: 'The report that it resolved.' }),
    user_id: Id.nullable().meta({
      description: 'The user who was suspended, or whose suspension was lifted.',
    }),
    message_id: Id.nullable().meta({
      description: 'The `id` of the message that was removed.',
      example: null,
    }),
    until: Timestamp.nullable().meta({
      description: 'When the suspension ends; null for one without an end.',
    }),
    note: z.string().nullable().meta({ description: 'The moderator’s reason.', example: 'Spam' }),
    created_at: Timestamp.meta({ description: 'When it was done.' }),
  })
  .meta({ id: 'ModerationAct', description: 'An action of a moderator.' });
export type ModerationAct = z.infer<typeof ModerationAct>;

export const ReportDetail = z
  .object({
    ...reportFields,
    message: ReportedMessage.nullable().meta({ description: 'The message as it was reported.' }),
    context: z.array(Message).meta({
      description:
        'The current messages around the reported one, including it, or the latest messages of a reported chat. Oldest first, without deleted ones.',
      example: [],
    }),
    acts: z.array(ModerationAct).meta({
      description: 'The actions of moderators on the report and on the user, latest first.',
      example: [],
    }),
  })
  .meta({ id: 'ReportDetail', description: 'A report with the details that a moderator needs.' });
export type ReportDetail = z.infer<typeof ReportDetail>;

export const ListReportsQuery = PageQuery.extend({
  status: ReportStatus.optional().meta({ description: 'Returns only reports with this status.' }),
});
export type ListReportsQuery = z.infer<typeof ListReportsQuery>;

const Until = GivenTimestamp.nullable().meta({
  description: 'When the suspension ends, in the future; null for a suspension without an end.',
  example: null,
});

export const ResolveReportBody = z
  .strictObject({
    action: z
      .enum(['dismiss', 'delete_message', 'suspend_user'])
      .meta({ description: 'The action to take.', example: 'dismiss' }),
    until: Until.optional(),
    note: Note.nullish().meta({ description: 'The reason, for other moderators.', example: 'Spam' }),
  })
  .refine(({ action, until }) => until == null || action === 'suspend_user', {
    message: 'Only a suspension has an end',
    path: ['until'],
  })
  .meta({ id: 'ResolveReportBody', description: 'The resolution of a report.' });
export type ResolveReportBody = z.infer<typeof ResolveReportBody>;

export const SuspendUserBody = z
  .strictObject({
    until: Until,
    reason: Note.meta({ description: 'The reason, for other moderators.', example: 'Spam in many groups' }),
  })
  .meta({ id: 'SuspendUserBody', description: 'The end and the reason of a suspension.' });
export type SuspendUserBody = z.infer<typeof SuspendUserBody>;

const ReportParams = z.object({ id: IdText });
const SuspensionParams = z.object({ user_id: IdText });

export const createReport = defineHttpRoute({
  id: 'create-report',
  method: 'POST',
  path: '/api/v1/reports',
  collection: true,
  tag: 'Moderation',
  summary: 'Report a message, a user or a chat to the moderators',
  description: `You can report your chats, their messages, and any user except yourself. The report stores the content at that moment. Reporting the same again returns your earlier report. At most ${limits.reports_per_day} reports a day.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb'],
  body: CreateReportBody,
  examples: {
    message: { message_id: 99, reason: 'harassment', comment: 'Third time today.' },
    user: { user_id: 8, reason: 'spam' },
  },
  responses: {
    201: { description: 'The report', body: ReportReceipt },
    200: { description: 'Your earlier report of the same', body: ReportReceipt },
  },
  errors: ['message_not_found', 'chat_not_found', 'profile_not_found', 'rate_limited'],
});

export const listReports = defineHttpRoute({
  id: 'list-reports',
  method: 'GET',
  path: '/api/v1/moderation/reports',
  collection: true,
  tag: 'Moderation',
  summary: 'List reports, newest first',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'moderators'],
  query: ListReportsQuery,
  responses: {
    200: {
      description: 'A page of reports',
      body: Page(Report).meta({ id: 'ReportPage', description: 'A page of reports.' }),
    },
  },
  errors: ['not_moderator'],
});

export const getReport = defineHttpRoute({
  id: 'get-report',
  method: 'GET',
  path: '/api/v1/moderation/reports/{id}',
  tag: 'Moderation',
  summary: 'Get a report, with what was reported and its current context',
  description:
    'The reported content stays readable after it was edited, deleted or removed. The service records that a moderator reads it.',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'mongodb', 'file-urls', 'moderators'],
  params: ReportParams,
  responses: { 200: { description: 'The report', body: ReportDetail } },
  errors: ['not_moderator', 'report_not_found'],
});

export const resolveReport = defineHttpRoute({
  id: 'resolve-report',
  method: 'POST',
  path: '/api/v1/moderation/reports/{id}/resolve',
  tag: 'Moderation',
  summary: 'Resolve a report',
  description:
    '`delete_message` removes the reported message for everyone, and nobody can restore it. `suspend_user` suspends the reported user, or the sender of the reported message. Of concurrent requests only one resolves the report.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'sessions', 'connections', 'post', 'moderators'],
  params: ReportParams,
  body: ResolveReportBody,
  examples: {
    dismiss: { action: 'dismiss' },
    suspend: { action: 'suspend_user', until: '2027-01-31T00:00:00.000Z', note: 'Spam in many groups' },
  },
  responses: { 200: { description: 'The resolved report', body: Report } },
  errors: [
    'not_moderator',
    'cannot_suspend_user',
    'report_not_found',
    'profile_not_found',
    'report_resolved',
  ],
});

export const suspendUser = defineHttpRoute({
  id: 'suspend-user',
  method: 'PUT',
  path: '/api/v1/moderation/suspensions/{user_id}',
  tag: 'Moderation',
  summary: 'Suspend an account',
  description:
    'The account’s sockets are closed at once, and within a minute all of its requests are refused. The account loses nothing: its sessions work again after the suspension. Suspending a suspended account changes the end.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'sessions', 'connections', 'post', 'moderators'],
  params: SuspensionParams,
  body: SuspendUserBody,
  responses: { 204: { description: 'The account is suspended', body: null } },
  errors: ['not_moderator', 'cannot_suspend_user', 'profile_not_found'],
});

export const liftSuspension = defineHttpRoute({
  id: 'lift-suspension',
  method: 'DELETE',
  path: '/api/v1/moderation/suspensions/{user_id}',
  tag: 'Moderation',
  summary: 'Lift the suspension of an account',
  description: 'Changes nothing if the account is not suspended.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'sessions', 'connections', 'post', 'moderators'],
  params: SuspensionParams,
  responses: { 204: { description: 'The account is not suspended', body: null } },
  errors: ['not_moderator', 'profile_not_found'],
});

/** Removes old resolved reports with the texts that they contain, and measures the backlog of open reports. */
export const removeReports: JobRoute = {
  transport: 'job',
  id: 'remove-reports',
  summary: 'Remove reports that were resolved long ago, with their contents, and measure the open ones',
  schedule: 'rate(1 hour)',
  needs: ['mysql'],
  errors: [],
};

export const feature = {
  name: 'moderation',
  http: [createReport, listReports, getReport, resolveReport, suspendUser, liftSuspension],
  jobs: [removeReports],
} as const satisfies Feature;
