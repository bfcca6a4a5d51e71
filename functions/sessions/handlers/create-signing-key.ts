import { jobHandler } from '../../transport/jobs.ts';
import { createSigningKey as route } from '../contract.ts';
import { createSigningKey } from '../rotate-signing-keys.ts';

export const handler = jobHandler(route, () => createSigningKey());
