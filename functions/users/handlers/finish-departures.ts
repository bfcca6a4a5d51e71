import { jobHandler } from '../../transport/jobs.ts';
import { finishDepartures as route } from '../contract.ts';
import { finishDepartures } from '../finish-departures.ts';

export const handler = jobHandler(route, () => finishDepartures());
