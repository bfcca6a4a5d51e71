import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createBlockStore } from './store.ts';

/** The blocks in this stage's MySQL. */
export const blockStore = createBlockStore(mysql, limits.blocks_per_user);
