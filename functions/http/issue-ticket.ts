import { issueTicket as route } from '../routes/real-time.ts';
import { issueTicket } from '../services/tickets.ts';
import { answer } from '../transport/http.ts';
import { userHandler } from '../transport/user-http.ts';

export const handler = userHandler(route, async ({ actor }) => answer(201, await issueTicket(actor)));
