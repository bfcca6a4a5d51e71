import { jobHandler } from '../../transport/jobs.ts';
import { rotateSigningKeys as route } from '../contract.ts';
import { rotateSigningKeys } from '../rotate-signing-keys.ts';

export const handler = jobHandler(route, () => rotateSigningKeys());
