import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { sendVerification } from '../../email/send-verification.ts';
import { updateOwnProfile as route } from '../contract.ts';
import { updateOwnProfile } from '../update-own-profile.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const profile = await updateOwnProfile(actor, body);
  const wantsMail = body.email !== undefined && !profile.email_verified;
  return answer(200, profile, wantsMail ? { afterwards: () => sendVerification(profile.id) } : {});
});
