import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Report } from '../../client/types.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { navigate, pathOf, route } from '../model/router.ts';
import { BackToChats } from './back-to-chats.tsx';
import { follow } from './follow.ts';
import { ReportView } from './report-view.tsx';
import { reasons, subjectOf } from './report-words.ts';
import { shortTime } from './times.ts';
import { useModel } from './use-model.ts';

const PAGE = 30;
const statuses = { open: 'Open', resolved: 'Resolved' } as const;

/** What moderators see: the reports, and one of them. */
export const ModerationPage = () => {
  const { reportId } = route.value;
  return (
    <section class={`moderation ${reportId === undefined ? '' : 'at-report'}`} aria-label="Moderation">
      <Reports />
      {reportId !== undefined && <ReportView key={reportId} id={reportId} />}
    </section>
  );
};

const Reports = () => {
  const model = useModel();
  const status = useSignal<keyof typeof statuses>('open');
  const found = useSignal<readonly Report[] | undefined>(undefined);
  const total = useSignal(0);
  const problem = useSignal('');
  const heading = useRef<HTMLHeadingElement>(null);
  /** Grows with each question: an answer to an earlier one is not shown. */
  const asked = useRef(0);
  const { reportId } = route.value;

  const load = async (page: number): Promise<void> => {
    const mine = (asked.current += 1);
    problem.value = '';
    try {
      const answer = await model.api.listReports({ status: status.peek(), page, limit: PAGE });
      if (mine !== asked.current) return;
      const before = page === 1 ? [] : (found.peek() ?? []);
      // A report that came meanwhile moves others to the next page.
      found.value = [...before, ...answer.items.filter(({ id }) => !before.some((one) => one.id === id))];
      total.value = answer.total;
    } catch (error) {
      if (mine === asked.current) problem.value = sentenceOf(error);
    }
  };
  useEffect(() => heading.current?.focus(), []);
  // Anew when one comes back from a report, which may be resolved now.
  useEffect(() => void load(1), [status.value, reportId, model.moderated.value]);

  const count = found.value?.length ?? 0;
  return (
    <div class="reports">
      <header class="bar">
        <BackToChats />
        <h1 ref={heading} tabIndex={-1}>
          Reports
        </h1>
      </header>
      <fieldset class="segments">
        <legend class="visually-hidden">Which reports</legend>
        {Object.entries(statuses).map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="status"
              checked={status.value === value}
              onChange={() => {
                found.value = undefined;
                status.value = value as keyof typeof statuses;
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <nav class="chat-list" aria-label="Reports">
        <p class="hint" role="status">
          {problem.value !== ''
            ? problem.value
            : found.value === undefined
              ? 'Loading…'
              : count === 0
                ? status.value === 'open'
                  ? 'Nothing is waiting for you.'
                  : 'Nothing has been resolved yet.'
                : ''}
        </p>
        <ul>
          {(found.value ?? []).map((report) => (
            <li key={report.id}>
              <a
                class="chat-row"
                href={pathOf({ page: 'moderation', reportId: report.id })}
                {...(reportId === report.id ? { 'aria-current': 'page' as const } : {})}
                onClick={(event) =>
                  follow(event, () => navigate({ page: 'moderation', reportId: report.id }))
                }
              >
                <span class="chat-row-text">
                  <span class="title">
                    <bdi>{subjectOf(report)}</bdi>
                  </span>
                  <time dateTime={report.created_at}>{shortTime(report.created_at)}</time>
                  <span class="preview">
                    {reasons[report.reason]}
                    {report.excerpt !== null && (
                      <>
                        : <bdi>{report.excerpt}</bdi>
                      </>
                    )}
                  </span>
                </span>
              </a>
            </li>
          ))}
        </ul>
        {count > 0 && count < total.value && (
          <button type="button" class="button wide" onClick={() => void load(Math.floor(count / PAGE) + 1)}>
            Show more
          </button>
        )}
      </nav>
    </div>
  );
};
