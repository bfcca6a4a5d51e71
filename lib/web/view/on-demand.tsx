import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/**
 * A component that is loaded when it is first shown. Until then, and where it cannot be loaded, there is nothing.
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
        // The network is away; the next time it is tried again.
      });
    }, []);
    const Component = loaded;
    return Component === undefined ? null : <Component {...props} />;
  };
};
