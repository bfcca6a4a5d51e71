import { mysql } from '../platform/mysql/mysql.ts';
import { createActStore } from './stores/acts.ts';
import { createReportedStore } from './stores/reported.ts';
import { createReportStore } from './stores/reports.ts';

/** What can be reported, in this stage's MySQL. */
export const reportedStore = createReportedStore(mysql);

/** Reports, in this stage's MySQL. */
export const reportStore = createReportStore(mysql);

/** What moderators do, in this stage's MySQL. */
export const actStore = createActStore(mysql);
