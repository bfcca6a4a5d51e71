import { useSignal } from '@preact/signals';
import { People } from './icons.tsx';

/** The first letters of the first and the last word of a name. */
const initialsOf = (name: string): string => {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => Array.from(word ?? '')[0] ?? '',
  );
  return letters.join('').toLocaleUpperCase();
};

/** A hue for an id; neighbouring ids get very different hues. */
export const hueOf = (id: number): number => Math.round((id * 137.508) % 360);

/**
 * The avatar of a user or a group; without one, and when it does not load, initials on a colour that depends on the id.
 * Hidden from screen readers, since the name is beside it.
 */
export const Avatar = (props: {
  readonly id: number;
  readonly name: string;
  readonly group?: boolean;
  readonly online?: boolean;
  readonly size?: 'small' | 'large';
  /** The URL of the avatar, if there is one. */
  readonly url: string | null | undefined;
}) => {
  /** The last URL that did not load. */
  const broken = useSignal<string | undefined>(undefined);
  const { url } = props;
  return (
    <span
      class={`avatar ${props.size ?? ''} ${props.group === true ? 'group' : ''}`}
      style={{ '--hue': String(hueOf(props.id)) }}
      data-initials={props.group === true ? '' : initialsOf(props.name)}
      aria-hidden="true"
    >
      {props.group === true && <People />}
      {url != null && url !== broken.value && (
        <img src={url} alt="" loading="lazy" draggable={false} onError={() => (broken.value = url)} />
      )}
      {props.online === true && <span class="presence" />}
    </span>
  );
};
