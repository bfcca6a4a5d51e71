import type { ModerationAct, Report, ReportedMessage } from './contract.ts';
import type { ActRow, ReportRow } from './stores/reports.ts';

/** Renders a report for a moderator's list. */
export const toReport = ({ snapshot, ...row }: ReportRow): Report => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  reason: row.reason,
  comment: row.comment,
  reporter: row.reporter,
  message_id: row.message_row_id,
  excerpt: row.excerpt,
  user: snapshot.user,
  chat: snapshot.chat,
  created_at: row.created_at.toISOString(),
  resolved_at: row.resolved_at?.toISOString() ?? null,
});

/** The snapshot of a reported message; null for other reports. */
export const toReportedMessage = ({
  snapshot: { message },
  content,
}: Pick<ReportRow, 'snapshot'> & { readonly content: string | null }): ReportedMessage | null =>
  message && { ...message, content, attachments: [...message.attachments] };

/** Renders an action for moderators. */
export const toAct = (row: ActRow): ModerationAct => ({
  id: row.id,
  action: row.action,
  moderator: row.moderator,
  report_id: row.report_id,
  user_id: row.user_id,
  message_id: row.message_row_id,
  until: row.until?.toISOString() ?? null,
  note: row.note,
  created_at: row.created_at.toISOString(),
});
