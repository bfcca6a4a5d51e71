import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createPinStore } from './stores/pins.ts';

/** The pinned messages in this stage's MySQL. */
export const pinStore = createPinStore(mysql, limits.pins_per_chat);
