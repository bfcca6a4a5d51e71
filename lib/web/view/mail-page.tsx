import { createApi } from '../../client/api/create-api.ts';
import type { ChatClient } from '../../client/chat-client.ts';
import type { MailLink } from '../model/opened-link.ts';
import { ResetPage } from './reset-page.tsx';
import { VerifyPage } from './verify-page.tsx';

/** The page that the links in mails lead to. */
export const MailPage = ({ link, client }: { readonly link: MailLink; readonly client: ChatClient }) => {
  const api = createApi(client);
  const goHome = (): void => location.assign('/');
  if (link.purpose === 'verify') {
    return <VerifyPage verify={() => api.verifyEmail(link.token)} onDone={goHome} />;
  }
  return (
    <ResetPage
      reset={(password) => api.resetPassword(link.token, password)}
      ask={(email) => api.forgotPassword(email)}
      onDone={goHome}
    />
  );
};
