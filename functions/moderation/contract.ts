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
  .meta({ description: 'What is wrong with it.', example: 'harassment' });

const ReportStatus = z
  .enum(['open', 'resolved'])
  .meta({ description: 'Open until a moderator has resolved it.', example: 'open' });

const Note = Text({ min: 0, max: REPORT_TEXT_CHARACTERS });

export const CreateReportBody = z
  .strictObject({
    message_id: Id.optional().meta({ description: 'The message that is reported, by its `id`.' }),
    user_id: Id.optional().meta({ description: 'Or the user.' }),
    chat_id: Id.optional().meta({ description: 'Or the chat.' }),
    reason: ReportReason,
    comment: Note.nullish().meta({
      description: 'What a moderator should know beside it.',
      example: 'Third time today.',
    }),
  })
  .refine(
    (body) => [body.message_id, body.user_id, body.chat_id].filter((id) => id !== undefined).length === 1,
    { message: 'Give exactly one of message_id, user_id and chat_id', path: ['message_id'] },
  )
  .meta({ id: 'CreateReportBody', description: 'What is reported, and why.' });
export type CreateReportBody = z.infer<typeof CreateReportBody>;

export const ReportReceipt = z
  .object({ id: Id, status: ReportStatus, created_at: Timestamp })
  .meta({ id: 'ReportReceipt', description: 'A report, as whoever made it sees it.' });
export type ReportReceipt = z.infer<typeof ReportReceipt>;

const NamedUser = z
  .object({ id: Id, username: z.string() })
  .meta({ id: 'NamedUser', description: 'A user by name.' });

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
    edited_at: Timestamp.nullable().meta({ description: 'When its content had last changed.' }),
    is_deleted: z.boolean().meta({ description: 'Whether it had been deleted by then.', example: false }),
    content: z
      .string()
      .nullable()
      .meta({ description: 'Its content then; null where that was there no more.', example: 'Buy now!' }),
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
      .meta({ description: 'Its files then.', example: [] }),
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
    .meta({ description: 'What whoever reported it wrote.', example: 'Third time today.' }),
  reporter: NamedUser.meta({ description: 'Who reported it.' }),
  message_id: Id.nullable().meta({ description: 'The message that was reported.' }),
  excerpt: z
    .string()
    .nullable()
    .meta({
      description: `The first ${EXCERPT_CHARACTERS} code points of what the message said then.`,
      example: 'Buy now!',
    }),
  user: ReportedUser.nullable().meta({ description: 'Who was reported, or sent the message.' }),
  chat: ReportedChat.nullable().meta({ description: 'The chat that was reported, or that of the message.' }),
  created_at: Timestamp.meta({ description: 'When it was reported.' }),
  resolved_at: Timestamp.nullable().meta({ description: 'When it was resolved.', example: null }),
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
    moderator: NamedUser.meta({ description: 'Who did it.' }),
    report_id: Id.nullable().meta({ description: 'The report that it resolved.' }),
    user_id: Id.nullable().meta({ description: 'Who was suspended, or is no longer.' }),
    message_id: Id.nullable().meta({ description: 'The message that was removed.', example: null }),
    until: Timestamp.nullable().meta({
      description: 'Until when they are suspended; null when without an end.',
    }),
    note: z.string().nullable().meta({ description: 'Why, in the moderator’s words.', example: 'Spam' }),
    created_at: Timestamp.meta({ description: 'When it was done.' }),
  })
  .meta({ id: 'ModerationAct', description: 'What a moderator did.' });
export type ModerationAct = z.infer<typeof ModerationAct>;

export const ReportDetail = z
  .object({
    ...reportFields,
    message: ReportedMessage.nullable().meta({ description: 'The message as it was reported.' }),
    context: z.array(Message).meta({
      description:
        'Messages around it as they are now, the message itself among them; of a chat, the latest. Oldest first, without those that are deleted.',
      example: [],
    }),
    acts: z.array(ModerationAct).meta({
      description: 'What moderators did about the report, and about the user; the latest first.',
      example: [],
    }),
  })
  .meta({ id: 'ReportDetail', description: 'A report with what a moderator decides by.' });
export type ReportDetail = z.infer<typeof ReportDetail>;

export const ListReportsQuery = PageQuery.extend({
  status: ReportStatus.optional().meta({ description: 'Those alone that are so.' }),
});
export type ListReportsQuery = z.infer<typeof ListReportsQuery>;

const Until = GivenTimestamp.nullable().meta({
  description: 'Until when the account is suspended, in the future; null for a suspension without an end.',
  example: null,
});

export const ResolveReportBody = z
  .strictObject({
    action: z
      .enum(['dismiss', 'delete_message', 'suspend_user'])
      .meta({ description: 'What is done about it.', example: 'dismiss' }),
    until: Until.optional(),
    note: Note.nullish().meta({ description: 'Why, for other moderators.', example: 'Spam' }),
  })
  .refine(({ action, until }) => until == null || action === 'suspend_user', {
    message: 'Only a suspension has an end',
    path: ['until'],
  })
  .meta({ id: 'ResolveReportBody', description: 'What becomes of a report.' });
export type ResolveReportBody = z.infer<typeof ResolveReportBody>;

export const SuspendUserBody = z
  .strictObject({
    until: Until,
    reason: Note.meta({ description: 'Why, for other moderators.', example: 'Spam in many groups' }),
  })
  .meta({ id: 'SuspendUserBody', description: 'For how long, and why.' });
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
  description: `A message and a chat of your chats, and any user but yourself. What it says at that moment is kept with the report. Reporting the same again answers the report there is. At most ${limits.reports_per_day} a day.`,
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
    200: { description: 'You had reported it before: that report', body: ReportReceipt },
  },
  errors: ['message_not_found', 'chat_not_found', 'profile_not_found', 'rate_limited'],
});

export const listReports = defineHttpRoute({
  id: 'list-reports',
  method: 'GET',
  path: '/api/v1/moderation/reports',
  collection: true,
  tag: 'Moderation',
  summary: 'Reports, newest first',
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
  summary: 'A report, with what was reported as it was then, and what is around it now',
  description:
    'What was reported stays readable when it has been edited, deleted or removed since. That a moderator reads it is recorded.',
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
    '`delete_message` removes the message that was reported for everyone, and nobody can restore it. `suspend_user` suspends the user who was reported, or who sent the message. Of two moderators at once one resolves it.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'sessions', 'connections', 'post', 'moderators'],
  params: ReportParams,
  body: ResolveReportBody,
  examples: {
    dismiss: { action: 'dismiss' },
    suspend: { action: 'suspend_user', until: '2027-01-31T00:00:00.000Z', note: 'Spam in many groups' },
  },
  responses: { 200: { description: 'The report as it is now', body: Report } },
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
    'Its sockets are closed at once, and within a minute all that it asks for is refused. It loses nothing: when the suspension is over, its sessions go on. Suspending a suspended account replaces the end.',
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
  description: 'An account that is not suspended stays as it is.',
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
  summary:
    'Remove reports that were resolved long ago, with what was said in them, and measure those that wait',
  schedule: 'rate(1 hour)',
  needs: ['mysql'],
  errors: [],
};

export const feature = {
  name: 'moderation',
  http: [createReport, listReports, getReport, resolveReport, suspendUser, liftSuspension],
  jobs: [removeReports],
} as const satisfies Feature;
