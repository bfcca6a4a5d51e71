import { createSigningKey as route } from '../routes/internal.ts';
import { createSigningKey } from '../services/rotate-signing-keys.ts';
import { jobHandler } from '../transport/jobs.ts';

export const handler = jobHandler(route, () => createSigningKey());
