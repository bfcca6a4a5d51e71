import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { revokeInvite as route } from '../contract.ts';
import { revokeInvite } from '../revoke-invite.ts';

export const handler = userHandler(route, async ({ actor, params }) => {
  await revokeInvite(actor, params.code);
  return answer(204, null);
});
