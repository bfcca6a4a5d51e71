import { mysql } from '../platform/mysql/mysql.ts';
import { createActStore } from './stores/acts.ts';
import { createReportedStore } from './stores/reported.ts';
import { createReportStore } from './stores/reports.ts';

/** The subjects of reports in this stage's MySQL. */
export const reportedStore = createReportedStore(mysql);

/** The reports in this stage's MySQL. */
export const reportStore = createReportStore(mysql);

/** The actions of moderators in this stage's MySQL. */
export const actStore = createActStore(mysql);
