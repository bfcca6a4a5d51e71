import { indexTexts as route } from '../routes/internal.ts';
import { indexTexts } from '../services/index-texts.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => indexTexts());
