import { answer, httpHandler } from '../../transport/http.ts';
import { sendVerification } from '../../email/send-verification.ts';
import { registerUser as route } from '../contract.ts';
import { registerUser } from '../register-user.ts';

export const handler = httpHandler(route, async ({ body, sourceIp }) => {
  const profile = await registerUser(body, sourceIp);
  return answer(201, profile, { afterwards: () => sendVerification(profile.id) });
});
