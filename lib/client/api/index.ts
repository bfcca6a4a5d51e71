export { nameOf, titleOf } from '../view/names.ts';
export { createApi } from './create-api.ts';
export type * from './chat-api.ts';
