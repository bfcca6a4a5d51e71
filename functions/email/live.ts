import { mysql } from '../platform/mysql/mysql.ts';
import { createAccountTokenStore } from './stores/account-tokens.ts';

/** The tokens sent by mail, in this stage's MySQL. */
export const accountTokens = createAccountTokenStore(mysql);
