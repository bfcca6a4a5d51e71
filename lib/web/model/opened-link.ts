import { signal, type ReadonlySignal } from '@preact/signals';

/** A link of a mail: what it is for, and the token in it. */
export interface MailLink {
  readonly purpose: 'verify' | 'reset';
  readonly token: string;
}

const INVITATION_KEY = 'chat.invitation';

/** The code of an invitation that an address of the page names. */
export const invitationIn = (url: URL): string | undefined =>
  /^\/invite\/([^/]{1,200})\/?$/.exec(url.pathname)?.[1];

/** What an address of a mail names. Without a token it is one that cannot be used. */
const mailLinkIn = (url: URL): MailLink | undefined => {
  const [, purpose] = /^\/(verify|reset)\/?$/.exec(url.pathname) ?? [];
  if (purpose !== 'verify' && purpose !== 'reset') return undefined;
  return { purpose, token: url.searchParams.get('token') ?? '' };
};

const storedInvitation = (): string | undefined => {
  try {
    return sessionStorage.getItem(INVITATION_KEY) ?? undefined;
  } catch {
    return undefined;
  }
};

const invitation = signal(storedInvitation());

/** The code of the invitation that was opened and not yet answered. A reload keeps it, in this tab alone. */
export const openedInvitation: ReadonlySignal<string | undefined> = invitation;

export const keepInvitation = (code: string | undefined): void => {
  invitation.value = code;
  try {
    if (code === undefined) sessionStorage.removeItem(INVITATION_KEY);
    else sessionStorage.setItem(INVITATION_KEY, code);
  } catch {
    // A browser that keeps nothing has it until the page is closed.
  }
};

/**
 * Takes the secret out of the address by which the page was opened, so that neither the address bar nor the history
 * shows it.
 */
const takeSecret = (): { readonly link: MailLink | undefined; readonly path: string } => {
  const url = new URL(location.href);
  const link = mailLinkIn(url);
  const code = invitationIn(url);
  if (code !== undefined) keepInvitation(code);
  const path = code === undefined ? url.pathname : '/invite';
  if (link !== undefined || code !== undefined) history.replaceState(null, '', path);
  return { link, path };
};

const opened = takeSecret();

/** The link of a mail by which the page was opened. */
export const openedMailLink = opened.link;

/** The path by which the page was opened, without its secret. */
export const openedPath = opened.path;
