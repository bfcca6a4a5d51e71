import { answer, httpHandler } from '../../transport/http.ts';
import { getInfo as route } from '../contract.ts';
import { describeService } from '../describe-service.ts';

export const handler = httpHandler(route, async () => answer(200, describeService()));
