import { createHash } from 'node:crypto';
import style from '../../documents/page/page.css' with { type: 'text' };
import skeleton from '../../documents/page/page.html' with { type: 'text' };
// esbuild makes the script's text the default export.
// oxlint-disable-next-line import/default
import script from '../../documents/page/page.ts?script';
import { locateService } from '../describe-service.ts';
import { getDocs as route } from '../contract.ts';
import { answer, httpHandler } from '../../transport/http.ts';

const page = skeleton
  .replace('<style></style>', () => `<style>${style}</style>`)
  .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Allows the page's own style and script, requests to its own host and the service's WebSocket; nothing else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  `connect-src 'self' ${new URL(locateService().websocket_url).origin}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'cache-control': 'public, max-age=300',
};

export const handler = httpHandler(route, async () => answer(200, page, { headers }));
