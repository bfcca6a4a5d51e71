export { createFiles } from './create-files.ts';
export type * from './files.ts';
