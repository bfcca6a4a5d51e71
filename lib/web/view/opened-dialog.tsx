import { openedDialog } from '../model/opened-dialog.ts';
import { onDemand } from './on-demand.tsx';

const BlockDialog = onDemand(async () => (await import('./block-dialog.tsx')).BlockDialog);
const ReportDialog = onDemand(async () => (await import('./report-dialog.tsx')).ReportDialog);
const SuspendDialog = onDemand(async () => (await import('./suspend-dialog.tsx')).SuspendDialog);

/** The window that was opened from a menu, wherever that menu is. */
export const OpenedDialog = () => {
  const { value } = openedDialog;
  const close = (): void => void (openedDialog.value = undefined);
  if (value === undefined) return null;
  if (value.kind === 'block') return <BlockDialog person={value.person} onClose={close} />;
  if (value.kind === 'suspend') return <SuspendDialog person={value.person} onClose={close} />;
  return (
    <ReportDialog
      about={value.about}
      label={value.label}
      onClose={close}
      {...(value.person === undefined ? {} : { person: value.person })}
    />
  );
};
