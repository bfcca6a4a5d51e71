import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Attachment, Message } from '../../../functions/contract/schemas.ts';
import { inUnits } from '../model/sizes.ts';
import { Alert, Paper } from './icons.tsx';
import { Placeholder } from './placeholder.tsx';
import { useFreshUrls } from './use-fresh-urls.ts';
import { useModel } from './use-model.ts';

/**
 * The longest side of a picture that is a message's only one, in CSS pixels, and the smallest width that a finger can
 * hit.
 */
const SINGLE_PICTURE_MAX_PX = 320;
const PICTURE_MIN_WIDTH_PX = 96;

/** The width of a picture that is a message's only one: the aspect ratio is kept, and the picture is not enlarged. */
const widthOf = ({ width, height }: Attachment): number => {
  const [w, h] = [width ?? SINGLE_PICTURE_MAX_PX, height ?? SINGLE_PICTURE_MAX_PX];
  return Math.max(
    PICTURE_MIN_WIDTH_PX,
    Math.round(w * Math.min(1, SINGLE_PICTURE_MAX_PX / w, SINGLE_PICTURE_MAX_PX / h)),
  );
};

/** The small view of one picture, with a placeholder until it is loaded. A press opens the viewer. */
export const Picture = (props: {
  readonly picture: Attachment;
  readonly label: string;
  readonly tabIndex?: number;
  readonly isAlone?: boolean;
  readonly onOpen: () => void;
}) => {
  const { picture } = props;
  const button = useRef<HTMLButtonElement>(null);
  const { shown, attempt, hasFailed, onError } = useFreshUrls(picture, button);
  const loaded = useSignal(false);
  const { width, height, thumbnail_url: source } = shown;
  const size =
    props.isAlone === true
      ? {
          inlineSize: `${widthOf(picture)}px`,
          aspectRatio: `${width ?? 1} / ${Math.min(height ?? 1, (width ?? 1) * 3)}`,
        }
      : {};
  return (
    <button
      type="button"
      class={`picture ${loaded.value ? 'loaded' : ''}`}
      ref={button}
      style={size}
      aria-label={props.label}
      tabIndex={props.tabIndex ?? 0}
      onClick={props.onOpen}
    >
      {picture.placeholder !== null && !loaded.value && <Placeholder hash={picture.placeholder} />}
      {hasFailed ? (
        <Alert />
      ) : (
        source !== null && (
          <img
            key={attempt}
            src={source}
            alt=""
            loading="lazy"
            decoding="async"
            draggable={false}
            onLoad={() => (loaded.value = true)}
            onError={onError}
          />
        )
      )}
    </button>
  );
};

const Player = ({ attachment, tabIndex }: { readonly attachment: Attachment; readonly tabIndex: number }) => {
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const { shown, attempt, hasFailed, onError } = useFreshUrls(attachment, player);
  const { kind, file_name: name, url } = shown;
  // A file in a format that the browser does not support can still be downloaded.
  if (hasFailed) return <FileLink attachment={attachment} tabIndex={tabIndex} />;
  const common = {
    ref: player,
    key: attempt,
    controls: true,
    preload: 'metadata' as const,
    tabIndex,
    'aria-label': `${kind === 'video' ? 'Video' : 'Audio'}: ${name}`,
    onError,
    ...(url === null ? {} : { src: url }),
  };
  return kind === 'video' ? <video playsInline {...common} /> : <audio {...common} />;
};

/** A document, shown by name and size. A press opens the file, or downloads it when browsers cannot show it. */
export const FileLink = (props: { readonly attachment: Attachment; readonly tabIndex?: number }) => {
  const model = useModel();
  const link = useRef<HTMLAnchorElement>(null);
  const { file, isExpired } = model.files.freshOf(props.attachment);
  const { id, file_name: name, size, url, status } = file;
  if (status !== 'ready') {
    return (
      <span class="document">
        <Alert />
        <span class="document-text">
          <bdi class="title">{name}</bdi>
          <span class="size">Not available</span>
        </span>
      </span>
    );
  }
  const open = async (event: Event): Promise<void> => {
    if (!isExpired) return;
    event.preventDefault();
    await model.files.refresh(id);
    if (model.files.freshOf(file).isExpired) model.tell('The file cannot be opened at the moment.');
    else link.current?.click();
  };
  return (
    <a
      class="document"
      ref={link}
      href={url ?? ''}
      download={name}
      target="_blank"
      rel="noopener noreferrer"
      tabIndex={props.tabIndex ?? 0}
      onClick={(event) => void open(event)}
    >
      <Paper />
      <span class="document-text">
        <bdi class="title">{name}</bdi>
        <span class="size">{inUnits(size)}</span>
      </span>
    </a>
  );
};

/** The files of a message: a grid of pictures, players, documents. */
export const Attachments = ({
  message,
  tabIndex,
}: {
  readonly message: Message;
  readonly tabIndex: number;
}) => {
  const model = useModel();
  const { attachments } = message;
  if (attachments.length === 0) return null;
  const pictures = attachments.filter(({ kind, status }) => kind === 'image' && status === 'ready');
  const others = attachments.filter((one) => !pictures.includes(one));
  const show = (picture: Attachment): void => {
    const all = model
      .timelineOf(message.chat_id)
      .chunks.peek()
      .flatMap(({ messages }) => messages)
      .flatMap((one) => one.attachments)
      .filter(({ kind, status }) => kind === 'image' && status === 'ready');
    model.files.viewed.value = { pictures: all, index: all.findIndex(({ id }) => id === picture.id) };
  };
  const columns = pictures.length === 2 || pictures.length === 4 ? 2 : 3;
  return (
    <div class="files">
      {pictures.length > 0 && (
        <div
          class={`pictures ${pictures.length === 1 ? 'alone' : ''}`}
          style={{ '--columns': String(columns) }}
        >
          {pictures.map((picture, index) => (
            <Picture
              key={picture.id}
              picture={picture}
              isAlone={pictures.length === 1}
              label={`Photo${pictures.length > 1 ? ` ${index + 1} of ${pictures.length}` : ''}: ${picture.file_name}`}
              tabIndex={tabIndex}
              onOpen={() => show(picture)}
            />
          ))}
        </div>
      )}
      {others.map((one) =>
        (one.kind === 'video' || one.kind === 'audio') && one.status === 'ready' ? (
          <Player key={one.id} attachment={one} tabIndex={tabIndex} />
        ) : (
          <FileLink key={one.id} attachment={one} tabIndex={tabIndex} />
        ),
      )}
    </div>
  );
};
