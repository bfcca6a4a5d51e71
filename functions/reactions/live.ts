import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createReactionStore } from './stores/reactions.ts';

/** The reactions in this stage's MySQL. */
export const reactionStore = createReactionStore(mysql, limits.reactions_per_message);
