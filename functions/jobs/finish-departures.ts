import { finishDepartures as route } from '../routes/internal.ts';
import { finishDepartures } from '../services/finish-departures.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => finishDepartures());
