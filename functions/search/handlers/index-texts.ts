import { jobHandler } from '../../transport/jobs.ts';
import { indexTexts as route } from '../contract.ts';
import { indexTexts } from '../index-texts.ts';

export const handler = jobHandler(route, () => indexTexts());
