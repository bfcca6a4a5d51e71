import { getInfo as route } from '../routes/system.ts';
import { describeService } from '../services/info.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async () => answer(200, describeService()));
