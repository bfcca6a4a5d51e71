export { createApi } from './create-api.ts';
export type * from './chat-api.ts';
