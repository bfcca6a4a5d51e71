import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Report } from '../../client/types.ts';
import { navigate, pathOf, route } from '../model/router.ts';
import { BackToChats } from './back-to-chats.tsx';
import { navigateOnClick } from './navigate-on-click.ts';
import { ListFoot } from './list-foot.tsx';
import { ReportView } from './report-view.tsx';
import { reasons, subjectOf } from './report-words.ts';
import { exactTime, shortTime } from './times.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

const PAGE = 30;
const statuses = { open: 'Open', resolved: 'Resolved' } as const;

/** The page of moderators: the list of reports, or one report. */
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
  const shown = status.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const { reportId } = route.value;

  // Reloads when the moderator returns from a report, which may have been resolved.
  const list = usePages<Report>(
    (page) => model.api.listReports({ status: shown, ...page }),
    ({ id }) => id,
    { limit: PAGE, of: [shown], after: [reportId, model.moderated.value] },
  );
  useEffect(() => heading.current?.focus(), []);
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
              checked={shown === value}
              onChange={() => (status.value = value as keyof typeof statuses)}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <nav class="chat-list" aria-label="Reports">
        <ul>
          {list.items.value?.map((report) => (
            <li key={report.id}>
              <a
                class="chat-row"
                href={pathOf({ page: 'moderation', reportId: report.id })}
                {...(reportId === report.id ? { 'aria-current': 'page' as const } : {})}
                onClick={(event) =>
                  navigateOnClick(event, () => navigate({ page: 'moderation', reportId: report.id }))
                }
              >
                <span class="chat-row-text">
                  <span class="title">
                    <bdi>{subjectOf(report)}</bdi>
                  </span>
                  <time dateTime={report.created_at} title={exactTime(report.created_at)}>
                    {shortTime(report.created_at)}
                  </time>
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
        <ListFoot
          list={list}
          empty={shown === 'open' ? 'Nothing is waiting for you.' : 'Nothing has been resolved yet.'}
        />
      </nav>
    </div>
  );
};
