import type { Mail } from '../gateways/mail-service.ts';
import { TOKEN_SECONDS, type TokenPurpose } from './account-tokens.ts';

/** The parts of a mail, one paragraph each. */
interface Letter {
  readonly subject: string;
  readonly reason: string;
  /** The text of the link. */
  readonly action: string;
  readonly path: '/verify' | '/reset';
  readonly otherwise: string;
}

const letters: Readonly<Record<TokenPurpose, Letter>> = {
  verification: {
    subject: 'Confirm your e-mail address',
    reason: 'This address was given for your account. Confirm that it is yours:',
    action: 'Confirm this address',
    path: '/verify',
    otherwise: 'If you do not know of an account, somebody mistyped an address: there is nothing to do.',
  },
  reset: {
    subject: 'Set a new password',
    reason: 'Somebody asked for a new password for your account. If it was you, set one:',
    action: 'Set a new password',
    path: '/reset',
    otherwise: 'If it was not you, there is nothing to do: your password stays as it is.',
  },
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * Writes the mail that contains a token.
 *
 * @param pageUrl the URL of the chat page, which the link leads to
 */
export const writeMail = (
  purpose: TokenPurpose,
  to: { readonly email: string; readonly username: string },
  token: string,
  pageUrl: string,
): Mail => {
  const { subject, reason, action, path, otherwise } = letters[purpose];
  const link = `${pageUrl.replace(/\/$/, '')}${path}?token=${token}`;
  const hours = TOKEN_SECONDS[purpose] / 3600;
  const limit = `The link works once, and for ${hours === 1 ? 'an hour' : `${hours} hours`}.`;
  // Anybody can have a mail sent to any address. A user name with a dot may look like a domain name, which mail
  // programs turn into a link.
  const greeting = to.username.includes('.') ? 'Hello,' : `Hello ${to.username},`;
  return {
    to: to.email,
    subject,
    text: [greeting, reason, link, limit, otherwise].join('\n\n').concat('\n'),
    // One column without images or colours of its own, so that it reads the same in any program, zoomed, in dark
    // mode, or read aloud.
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(subject)}</title>
</head>
<body style="font: 1rem/1.5 sans-serif; max-width: 36em; margin: 0 auto; padding: 1em">
<p>${escaped(greeting)}</p>
<p>${escaped(reason)}</p>
<p><a href="${escaped(link)}">${escaped(action)}</a></p>
<p>${escaped(limit)} ${escaped(otherwise)}</p>
</body>
</html>
`,
  };
};
