import { jobHandler } from '../../transport/jobs.ts';
import { sweepDispatch as route } from '../contract.ts';
import { sweepDispatch } from '../sweep-dispatch.ts';

export const handler = jobHandler(route, () => sweepDispatch());
