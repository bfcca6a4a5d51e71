import { useEffect, useRef } from 'preact/hooks';
import type { Viewed } from '../model/page-files.ts';
import { addStep } from '../model/router.ts';
import { Close, Download, Next, Previous } from './icons.tsx';
import { useFreshUrls } from './use-fresh-urls.ts';
import { useModel } from './use-model.ts';
import type { Point } from './popover.ts';

/**
 * The minimal distance of a swipe to another picture, in CSS pixels; a swipe down of twice the distance closes the
 * viewer.
 */
const SWIPED_PX = 60;

/**
 * Shows a picture as large as possible, among others. Arrow keys and swipes show the next one; Escape and going back
 * close the viewer.
 */
export const Viewer = ({ viewed, onClose }: { readonly viewed: Viewed; readonly onClose: () => void }) => {
  const model = useModel();
  const dialog = useRef<HTMLDialogElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const begun = useRef<Point>(undefined);
  const { pictures, index } = viewed;
  const go = useRef<(step: number) => void>(() => undefined);
  go.current = (step) => {
    const next = Math.min(Math.max(0, index + step), pictures.length - 1);
    if (next !== index) model.files.viewed.value = { pictures, index: next };
  };
  useEffect(() => {
    // Listens on the window, since a focused button disappears at the last picture.
    const onKeyDown = (event: KeyboardEvent): void => {
      const all = pictures.length;
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -all, End: all }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      go.current(step);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    const removeStep = addStep(onClose);
    return () => {
      removeStep();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const picture = pictures[index];
  if (picture === undefined) return null;
  const isFirst = index === 0;
  const isLast = index === pictures.length - 1;
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label="Photos"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current || event.target === frame.current) onClose();
      }}
      onTouchStart={({ touches: [touch, ...others] }) => {
        begun.current =
          touch === undefined || others.length > 0 ? undefined : { x: touch.clientX, y: touch.clientY };
      }}
      onTouchEnd={({ changedTouches: [touch] }) => {
        const { current: from } = begun;
        // In a zoomed view, the finger moves the picture.
        if (touch === undefined || from === undefined || (visualViewport?.scale ?? 1) > 1.01) return;
        const [x, y] = [touch.clientX - from.x, touch.clientY - from.y];
        if (Math.abs(x) > SWIPED_PX && Math.abs(x) > 2 * Math.abs(y)) go.current(x < 0 ? 1 : -1);
        else if (y > 2 * SWIPED_PX && y > 2 * Math.abs(x)) onClose();
      }}
    >
      <header>
        <p class="viewer-name" role="status">
          <bdi>{picture.file_name}</bdi>
          {pictures.length > 1 && ` (${index + 1} of ${pictures.length})`}
        </p>
        <Original picture={picture} />
        <button type="button" class="icon-button" aria-label="Close" title="Close (Escape)" onClick={onClose}>
          <Close />
        </button>
      </header>
      <div class="viewer-frame" ref={frame}>
        <Large key={picture.id} picture={picture} />
      </div>
      {!isFirst && (
        <button
          type="button"
          class="icon-button previous"
          aria-label="Previous photo"
          title="Previous photo (←)"
          onClick={() => go.current(-1)}
        >
          <Previous />
        </button>
      )}
      {!isLast && (
        <button
          type="button"
          class="icon-button next"
          aria-label="Next photo"
          title="Next photo (→)"
          onClick={() => go.current(1)}
        >
          <Next />
        </button>
      )}
    </dialog>
  );
};

type Pictured = { readonly picture: Viewed['pictures'][number] };

/** The link to save the picture. */
const Original = ({ picture }: Pictured) => {
  const model = useModel();
  const { url, file_name: name } = model.files.freshOf(picture).file;
  return (
    <a
      class="icon-button"
      href={url ?? ''}
      download={name}
      target="_blank"
      rel="noopener noreferrer"
      aria-label="Download the original"
      title="Download the original"
    >
      <Download />
    </a>
  );
};

/** The large picture, with its thumbnail until it is loaded. */
const Large = ({ picture }: Pictured) => {
  const box = useRef<HTMLDivElement>(null);
  const { shown, attempt, hasFailed, onError } = useFreshUrls(picture, box);
  const { width, height, url, thumbnail_url: thumbnail, file_name: name } = shown;
  const [w, h] = [width ?? 1, height ?? 1];
  return (
    <div
      class="large"
      ref={box}
      style={{ aspectRatio: `${w} / ${h}`, inlineSize: `min(100%, ${w}px, calc(var(--room) * ${w / h}))` }}
    >
      {thumbnail !== null && <img src={thumbnail} alt="" />}
      {hasFailed ? (
        <p role="alert">The photo could not be loaded.</p>
      ) : (
        url !== null && <img key={attempt} src={url} alt={name} onError={onError} />
      )}
    </div>
  );
};
