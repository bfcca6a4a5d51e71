import { signal, type ReadonlySignal } from '@preact/signals';

/** A link from a mail: its purpose, and its token. */
export interface MailLink {
  readonly purpose: 'verify' | 'reset';
  readonly token: string;
}

const INVITATION_KEY = 'chat.invitation';

/** The code of an invitation in a URL of the page. */
export const invitationIn = (url: URL): string | undefined =>
  /^\/invite\/([^/]{1,200})\/?$/.exec(url.pathname)?.[1];

/** Parses the link of a mail. Without a token the link is unusable. */
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

/** The code of the invitation that was opened and not answered yet. It survives a reload, in this tab only. */
export const openedInvitation: ReadonlySignal<string | undefined> = invitation;

export const keepInvitation = (code: string | undefined): void => {
  invitation.value = code;
  try {
    if (code === undefined) sessionStorage.removeItem(INVITATION_KEY);
    else sessionStorage.setItem(INVITATION_KEY, code);
  } catch {
    // A browser without storage keeps the code only until the page is closed.
  }
};

/**
 * Removes the token or code from the URL by which the page was opened, so that neither the address bar nor the history
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

/** The link from a mail by which the page was opened, if any. */
export const openedMailLink = opened.link;

/** The path by which the page was opened, without its token or code. */
export const openedPath = opened.path;
