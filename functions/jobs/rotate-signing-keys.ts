import { rotateSigningKeys as route } from '../routes/internal.ts';
import { rotateSigningKeys } from '../services/rotate-signing-keys.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => rotateSigningKeys());
