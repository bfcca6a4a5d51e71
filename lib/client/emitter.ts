export interface Emitter<Events> {
  /** @returns a function that removes the listener */
  readonly on: <Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void) => () => void;
  readonly emit: <Type extends keyof Events>(type: Type, event: Events[Type]) => void;
}

/** Listeners by type of event. A listener that throws stops neither the others nor the client. */
export const createEmitter = <Events>(): Emitter<Events> => {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on: (type, listener) => {
      const ofType = listeners.get(type) ?? new Set();
      listeners.set(type, ofType.add(listener));
      return () => void ofType.delete(listener);
    },
    emit: (type, event) => {
      for (const listener of listeners.get(type) ?? []) {
        try {
          listener(event as never);
        } catch (error) {
          // An error of the application: reported as uncaught, outside of the client's own work.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
};
