import { useEffect, useRef } from 'preact/hooks';

type Decode = (hash: Uint8Array) => { readonly w: number; readonly h: number; readonly rgba: Uint8Array };

let decode: Promise<Decode> | undefined;
const loadDecoder = (): Promise<Decode> =>
  (decode ??= import('./thumbhash.ts').then(({ thumbHashToRGBA }) => thumbHashToRGBA));

/** A blurred preview of a picture until it is loaded, from a thumbhash in base64. */
export const Placeholder = ({ hash }: { readonly hash: string }) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = async (): Promise<void> => {
      const { w, h, rgba } = (await loadDecoder())(Uint8Array.from(atob(hash), (one) => one.charCodeAt(0)));
      const { current } = canvas;
      if (current === null) return;
      [current.width, current.height] = [w, h];
      current.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
      current.dataset['drawn'] = '';
    };
    draw().catch(() => {
      // After a failure the picture has no preview; the next one loads the module again.
      decode = undefined;
    });
  }, [hash]);
  return <canvas ref={canvas} class="placeholder" aria-hidden="true" />;
};
