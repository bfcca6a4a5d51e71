import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import type { ReportDetail, ResolveReportBody } from '../../client/types.ts';
import { createLatestAnswer } from '../model/latest-answer.ts';
import { navigate } from '../model/router.ts';
import { sentenceOf } from '../model/sentences.ts';
import { navigateOnClick } from './navigate-on-click.ts';
import { useForm } from './form.tsx';
import { Back } from './icons.tsx';
import { reasons, subjectOf } from './report-words.ts';
import { Note, Span, untilOf } from './suspension-fields.tsx';
import { exactTime } from './times.ts';
import { useModel } from './use-model.ts';

type Act = ReportDetail['acts'][number];

/** A moderator's action as a sentence. */
const sentenceOfAct = ({ action, moderator, until, created_at }: Act): string => {
  const did = {
    dismiss: 'dismissed the report',
    delete_message: 'deleted the message',
    suspend_user:
      until === null ? 'suspended the account' : `suspended the account until ${exactTime(until)}`,
    lift_suspension: 'lifted the suspension',
  }[action];
  return `@${moderator.username} ${did}, ${exactTime(created_at)}.`;
};

/** Whether the reported account is suspended now, judging by the recorded actions. */
const isSuspended = (acts: readonly Act[]): boolean => {
  const last = acts.find(({ action }) => action === 'suspend_user' || action === 'lift_suspension');
  return last?.action === 'suspend_user' && (last.until === null || Date.parse(last.until) > Date.now());
};

/** One report: the reported item with its context, the actions so far, and the possible actions. */
export const ReportView = ({ id }: { readonly id: number }) => {
  const model = useModel();
  const report = useSignal<ReportDetail | undefined>(undefined);
  const problem = useSignal('');
  const heading = useRef<HTMLHeadingElement>(null);
  const { ask } = useMemo(createLatestAnswer, []);
  const load = async (): Promise<void> => {
    try {
      const answer = await ask(() => model.api.getReport(id));
      if (answer === undefined) return;
      report.value = answer;
      problem.value = '';
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };
  useEffect(() => void load(), [id]);
  const isLoaded = report.value !== undefined;
  useEffect(() => heading.current?.focus(), [isLoaded]);
  const changed = async (): Promise<void> => {
    model.moderated.value += 1;
    await load();
  };

  return (
    <article class="report" aria-label="Report">
      <header class="bar">
        <a
          class="icon-button"
          href="/moderation"
          aria-label="Back to the reports"
          onClick={(event) => navigateOnClick(event, () => navigate({ page: 'moderation' }))}
        >
          <Back />
        </a>
        <h2 ref={heading} tabIndex={-1}>
          {report.value === undefined ? 'Report' : subjectOf(report.value)}
        </h2>
      </header>
      <div class="report-body">
        {report.value === undefined ? (
          <p class="hint" role="status">
            {problem.value === '' ? 'Loading…' : problem.value}
          </p>
        ) : (
          <>
            <Facts report={report.value} />
            <Reported report={report.value} />
            <Context report={report.value} />
            <Acts acts={report.value.acts} />
            {report.value.status === 'open' && <Resolve report={report.value} onChange={changed} />}
            {report.value.user !== null && <Suspension report={report.value} onChange={changed} />}
          </>
        )}
      </div>
    </article>
  );
};

const Facts = ({ report }: { readonly report: ReportDetail }) => (
  <dl class="facts">
    <dt>Reason</dt>
    <dd>{reasons[report.reason]}</dd>
    <dt>Reported by</dt>
    <dd>
      <bdi>@{report.reporter.username}</bdi>, {exactTime(report.created_at)}
    </dd>
    {report.comment !== null && (
      <>
        <dt>Comment</dt>
        <dd dir="auto">{report.comment}</dd>
      </>
    )}
    {report.user !== null && (
      <>
        <dt>Account</dt>
        <dd>
          <bdi>@{report.user.username}</bdi>
          {report.user.full_name !== null && (
            <>
              , <bdi>{report.user.full_name}</bdi>
            </>
          )}
        </dd>
      </>
    )}
    {report.chat !== null && (
      <>
        <dt>Chat</dt>
        <dd>{report.chat.chat_type === 'direct' ? 'A direct chat' : <bdi>{report.chat.name}</bdi>}</dd>
      </>
    )}
  </dl>
);

/** The reported message as it was when it was reported, even if it was edited or deleted since. */
const Reported = ({ report: { message } }: { readonly report: ReportDetail }) => {
  if (message === null) return null;
  return (
    <section aria-labelledby="reported-title">
      <h3 id="reported-title">As it was reported</h3>
      <blockquote class="reported">
        {message.content === null ? (
          <p class="hint">It had already been deleted.</p>
        ) : (
          <p dir="auto">{message.content}</p>
        )}
        {message.attachments.map((file) => (
          <p key={file.id} class="hint">
            File: <bdi>{file.file_name}</bdi>
          </p>
        ))}
        <footer class="hint">
          Sent {exactTime(message.timestamp)}
          {message.edited_at !== null && `, changed ${exactTime(message.edited_at)}`}
        </footer>
      </blockquote>
    </section>
  );
};

const Context = ({ report: { context, message_id: reported } }: { readonly report: ReportDetail }) => {
  if (context.length === 0) return null;
  return (
    <section aria-labelledby="context-title">
      <h3 id="context-title">Messages around it, as they are now</h3>
      <ol class="context">
        {context.map((message) => (
          <li key={message.id} class={message.id === reported ? 'is-reported' : ''}>
            <strong>
              <bdi>@{message.sender_username}</bdi>
            </strong>{' '}
            <time dateTime={message.timestamp} class="hint">
              {exactTime(message.timestamp)}
            </time>
            {message.id === reported && <span class="tag">Reported</span>}
            <p dir="auto">
              {message.content}
              {message.attachments.map((file) => (
                <span key={file.id} class="hint">
                  {' '}
                  File: <bdi>{file.file_name}</bdi>
                </span>
              ))}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
};

const Acts = ({ acts }: { readonly acts: readonly Act[] }) => {
  if (acts.length === 0) return null;
  return (
    <section aria-labelledby="acts-title">
      <h3 id="acts-title">What moderators did</h3>
      <ul class="acts">
        {acts.map((act) => (
          <li key={act.id}>
            {sentenceOfAct(act)}
            {act.note !== null && act.note !== '' && (
              <>
                {' '}
                <q dir="auto">{act.note}</q>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
};

interface Part {
  readonly report: ReportDetail;
  /** Called after the report has changed, so that it is loaded again. */
  readonly onChange: () => Promise<void>;
}

const actions = {
  dismiss: 'Dismiss it: nothing is wrong',
  delete_message: 'Delete the message for everyone',
  suspend_user: 'Suspend the account',
} as const;

const Resolve = ({ report, onChange }: Part) => {
  const model = useModel();
  const action = useSignal<ResolveReportBody['action']>('dismiss');
  const form = useForm(async ({ text, trimmed }) => {
    try {
      await model.api.resolveReport(report.id, {
        action: action.value,
        note: trimmed('note') || null,
        ...(action.value === 'suspend_user' ? { until: untilOf(text('days')) } : {}),
      });
    } catch (error) {
      // Another moderator has resolved the report first; that action is among the recorded ones.
      if (!(error instanceof ChatError) || error.code !== 'report_resolved') throw error;
      model.tell('Another moderator has resolved this report meanwhile. What they did is shown above.');
    }
    await onChange();
  });
  const possible = Object.entries(actions).filter(
    ([value]) =>
      (value !== 'delete_message' || report.message_id !== null) &&
      (value !== 'suspend_user' || report.user !== null),
  );
  return (
    <form {...form.attributes} class="resolve" aria-label="Resolve the report">
      <h3>Resolve it</h3>
      <fieldset class="choices">
        <legend class="visually-hidden">What is to be done</legend>
        {possible.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="action"
              value={value}
              checked={action.value === value}
              onChange={() => (action.value = value as ResolveReportBody['action'])}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {action.value === 'suspend_user' && <Span />}
      <Note />
      {form.message}
      <button type="submit" class="button primary" disabled={form.busy}>
        Resolve
      </button>
    </form>
  );
};

/** Suspends the reported account or lifts its suspension, independently of the report's status. */
const Suspension = ({ report, onChange }: Part) => {
  const model = useModel();
  const { user } = report;
  const form = useForm(async ({ text, trimmed }) => {
    if (user === null) return;
    if (isSuspended(report.acts)) await model.api.liftSuspension(user.id);
    else await model.api.suspend(user.id, { until: untilOf(text('days')), reason: trimmed('note') });
    await onChange();
  });
  if (user === null) return null;
  if (isSuspended(report.acts)) {
    return (
      <form {...form.attributes} class="resolve" aria-label="Suspension">
        <h3>
          <bdi>@{user.username}</bdi> is suspended
        </h3>
        {form.message}
        <button type="submit" class="button" disabled={form.busy}>
          Lift the suspension
        </button>
      </form>
    );
  }
  // While the report is open, the form that resolves it offers the suspension.
  if (report.status === 'open') return null;
  return (
    <details class="resolve">
      <summary>
        Suspend <bdi>@{user.username}</bdi>…
      </summary>
      <form {...form.attributes} aria-label="Suspension">
        <Span />
        <Note />
        {form.message}
        <button type="submit" class="button danger" disabled={form.busy}>
          Suspend
        </button>
      </form>
    </details>
  );
};
