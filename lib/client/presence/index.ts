export { presenceOf } from './create-presence.ts';
export type { Presence, PresenceEvents } from './presence.ts';
