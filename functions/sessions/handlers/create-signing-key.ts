import { jobHandler } from '../../transport/jobs.ts';
import { createSigningKey as route } from '../contract.ts';
import { createSigningKey } from '../create-signing-key.ts';

export const handler = jobHandler(route, () => createSigningKey());
