import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { sentenceOf } from '../model/sentences.ts';
import { Dialog } from './dialog.tsx';
import { useModel } from './use-model.ts';

/** The side of an avatar in pixels, as the service stores it. */
const SIDE = 512;
const ZOOM_MAX = 4;
const ZOOM_STEP = 0.2;
const MOVE_STEP = 16;

/** The selected part of a picture: its offset from the centre, in pixels of the square, and its zoom. */
interface Cut {
  readonly x: number;
  readonly y: number;
  /** At 1 the shorter side fills the square. */
  readonly zoom: number;
}

/** The size of the zoomed picture, in pixels of the square. */
const sizeOf = (bitmap: ImageBitmap, zoom: number): readonly [width: number, height: number] => {
  const scale = (SIDE / Math.min(bitmap.width, bitmap.height)) * zoom;
  return [bitmap.width * scale, bitmap.height * scale];
};

const between = (least: number, value: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** The nearest cut that leaves no part of the square empty. */
const within = (bitmap: ImageBitmap, { x, y, zoom: wanted }: Cut): Cut => {
  const zoom = between(1, wanted, ZOOM_MAX);
  const [width, height] = sizeOf(bitmap, zoom);
  const [maxX, maxY] = [(width - SIDE) / 2, (height - SIDE) / 2];
  return { x: between(-maxX, x, maxX), y: between(-maxY, y, maxY), zoom };
};

const draw = (canvas: HTMLCanvasElement, bitmap: ImageBitmap, { x, y, zoom }: Cut): void => {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const [width, height] = sizeOf(bitmap, zoom);
  // JPEG has no transparency.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, SIDE, SIDE);
  context.drawImage(bitmap, (SIDE - width) / 2 + x, (SIDE - height) / 2 + y, width, height);
};

const jpegOf = (canvas: HTMLCanvasElement): Promise<File> =>
  new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (blob === null) reject(new Error('The picture could not be saved.'));
        else resolve(new File([blob], 'avatar.jpg', { type: blob.type }));
      },
      'image/jpeg',
      0.9,
    );
  });

/** Lets the user select a square part of a picture: by dragging, a slider, touch, the wheel, or keys. */
const Cropper = (props: {
  readonly bitmap: ImageBitmap;
  readonly canvas: { readonly current: HTMLCanvasElement | null };
}) => {
  const { bitmap, canvas } = props;
  const cut = useSignal<Cut>({ x: 0, y: 0, zoom: 1 });
  const fingers = useRef(new Map<number, { readonly x: number; readonly y: number }>());
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, bitmap, cut.value);
  }, [bitmap, cut.value]);

  const change = (by: Partial<Cut>): void => {
    const { x, y, zoom } = cut.peek();
    cut.value = within(bitmap, {
      x: x + (by.x ?? 0),
      y: y + (by.y ?? 0),
      zoom: zoom + (by.zoom ?? 0),
    });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const before = fingers.current.get(event.pointerId);
    if (before === undefined || canvas.current === null) return;
    const now = { x: event.clientX, y: event.clientY };
    const scale = SIDE / canvas.current.clientWidth;
    const [other] = [...fingers.current].flatMap(([id, place]) => (id === event.pointerId ? [] : [place]));
    if (other === undefined) change({ x: (now.x - before.x) * scale, y: (now.y - before.y) * scale });
    else {
      const apart = ({ x, y }: { x: number; y: number }): number => Math.hypot(x - other.x, y - other.y);
      change({ zoom: ((apart(now) - apart(before)) * scale) / SIDE });
    }
    fingers.current.set(event.pointerId, now);
  };
  const lift = ({ pointerId }: PointerEvent): void => void fingers.current.delete(pointerId);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by: Partial<Cut> | undefined = {
      ArrowLeft: { x: -MOVE_STEP },
      ArrowRight: { x: MOVE_STEP },
      ArrowUp: { y: -MOVE_STEP },
      ArrowDown: { y: MOVE_STEP },
      '+': { zoom: ZOOM_STEP },
      '-': { zoom: -ZOOM_STEP },
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    change(by);
  };

  return (
    <>
      <canvas
        ref={canvas}
        class="cropper"
        width={SIDE}
        height={SIDE}
        tabIndex={0}
        role="application"
        aria-label="The picture. Arrow keys move it, plus and minus make it larger and smaller."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        }}
        onPointerMove={onPointerMove}
        onPointerUp={lift}
        onPointerCancel={lift}
        onWheel={(event) => {
          event.preventDefault();
          change({ zoom: -Math.sign(event.deltaY) * ZOOM_STEP });
        }}
        onKeyDown={onKeyDown}
      />
      <label class="zoom">
        <span>Size</span>
        <input
          type="range"
          min={1}
          max={ZOOM_MAX}
          step={0.05}
          value={cut.value.zoom}
          onInput={({ currentTarget }) => change({ zoom: Number(currentTarget.value) - cut.peek().zoom })}
        />
      </label>
    </>
  );
};

/**
 * Lets the user select a square of a picture, uploads it, and makes it an avatar.
 *
 * @param props.save receives the id of the uploaded file. An error that it throws is shown
 */
export const AvatarEditor = (props: {
  readonly title: string;
  readonly file: File;
  readonly save: (attachmentId: string) => Promise<void>;
  readonly onClose: () => void;
}) => {
  const model = useModel();
  const canvas = useRef<HTMLCanvasElement>(null);
  const bitmap = useSignal<ImageBitmap | undefined>(undefined);
  const problem = useSignal('');
  const isSaving = useSignal(false);
  const controller = useRef(new AbortController());

  useEffect(() => {
    const read = async (): Promise<void> => {
      // `createImageBitmap` rotates the picture according to its EXIF orientation.
      bitmap.value = await createImageBitmap(props.file);
    };
    read().catch(() => (problem.value = 'This browser cannot read the file as a picture.'));
    return () => {
      controller.current.abort();
      bitmap.peek()?.close();
    };
  }, []);

  const save = async (): Promise<void> => {
    if (canvas.current === null) return;
    isSaving.value = true;
    problem.value = '';
    const { signal } = controller.current;
    try {
      const files = await model.files.load();
      const { id } = await files.upload(await jpegOf(canvas.current), { purpose: 'avatar', signal });
      await props.save(id);
      props.onClose();
    } catch (error) {
      if (!signal.aborted) problem.value = sentenceOf(error);
    } finally {
      isSaving.value = false;
    }
  };

  return (
    <Dialog title={props.title} onClose={props.onClose} small>
      {bitmap.value !== undefined && <Cropper bitmap={bitmap.value} canvas={canvas} />}
      {problem.value !== '' && (
        <p class="field-error" role="alert">
          {problem.value}
        </p>
      )}
      <footer>
        <button type="button" class="button" onClick={props.onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          disabled={bitmap.value === undefined || isSaving.value}
          onClick={() => void save()}
        >
          {isSaving.value ? 'Saving…' : 'Save'}
        </button>
      </footer>
    </Dialog>
  );
};
