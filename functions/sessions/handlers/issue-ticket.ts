import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { issueTicket as route } from '../contract.ts';
import { issueTicket } from '../issue-ticket.ts';

export const handler = userHandler(route, async ({ actor }) => answer(201, await issueTicket(actor)));
