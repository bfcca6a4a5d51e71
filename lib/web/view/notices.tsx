import { Close } from './icons.tsx';
import { useModel } from './use-model.ts';

/** Messages about failed actions, each shown for a few seconds. */
export const Notices = () => {
  const model = useModel();
  return (
    <div class="notices" role="status" aria-label="Notices">
      {model.notices.value.map((notice) => (
        <div class="notice" key={notice.id}>
          <span>{notice.text}</span>
          <button
            type="button"
            class="icon-button"
            aria-label="Dismiss"
            onClick={() => model.dismiss(notice.id)}
          >
            <Close />
          </button>
        </div>
      ))}
    </div>
  );
};
