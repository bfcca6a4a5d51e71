import { useSignal } from '@preact/signals';
import { People } from './icons.tsx';

/** The first letters of the first and the last word. */
const initialsOf = (name: string): string => {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => Array.from(word ?? '')[0] ?? '',
  );
  return letters.join('').toLocaleUpperCase();
};

/** Neighbouring ids get colours that are far apart. */
export const hueOf = (id: number): number => Math.round((id * 137.508) % 360);

/**
 * Somebody, or a group, by their picture; without one, and where it does not load, by initials and a colour of their own.
 * It says nothing to a screen reader: the name is beside it.
 */
export const Avatar = (props: {
  readonly id: number;
  readonly name: string;
  readonly group?: boolean;
  readonly online?: boolean;
  readonly size?: 'small' | 'large';
  /** Where the picture is. */
  readonly url: string | null | undefined;
}) => {
  /** The URL that did not load. */
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
