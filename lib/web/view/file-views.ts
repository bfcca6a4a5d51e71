export { Attachments } from './attachments.tsx';
export { ChosenFiles } from './chosen-files.tsx';
export { PendingFiles } from './pending-files.tsx';
