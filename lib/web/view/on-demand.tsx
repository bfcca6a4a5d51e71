import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/**
 * Wraps a component that is loaded when it is first shown. Until it is loaded, and when loading fails, nothing is
 * rendered.
 *
 * @param load `() => import('./viewer.tsx').then(({ Viewer }) => Viewer)`
 */
export const onDemand = <Props extends object>(load: () => Promise<ComponentType<Props>>) => {
  let loaded: ComponentType<Props> | undefined;
  return (props: Props) => {
    const [, setLoaded] = useState(loaded !== undefined);
    useEffect(() => {
      if (loaded !== undefined) return;
      const show = async (): Promise<void> => {
        loaded = await load();
        setLoaded(true);
      };
      show().catch(() => {
        // The network failed; the next mount tries again.
      });
    }, []);
    const Component = loaded;
    return Component === undefined ? null : <Component {...props} />;
  };
};
