import type { ChatClient } from '../../client/chat-client.ts';
import type { MailLink } from '../model/opened-link.ts';
import { ResetPage } from './reset-page.tsx';
import { VerifyPage } from './verify-page.tsx';

/** Where the links of mails lead. */
export const MailPage = ({ link, client }: { readonly link: MailLink; readonly client: ChatClient }) => {
  const goHome = (): void => location.assign('/');
  if (link.purpose === 'verify') {
    return <VerifyPage verify={() => client.verifyEmail(link.token)} onDone={goHome} />;
  }
  return (
    <ResetPage
      reset={(password) => client.resetPassword(link.token, password)}
      ask={(email) => client.forgotPassword(email)}
      onDone={goHome}
    />
  );
};
