/** A part that works by itself between `start` and `stop`. */
export interface Service {
  /** Resolves once it works. Called at most once. */
  start(): Promise<void>;
  /** Begins nothing more. Resolves when what was under way has ended. Does nothing if it never started. */
  stop(): Promise<void>;
}

/**
 * Several services as one. They start in order and stop all at once, so none of them may need another one in order to
 * stop.
 */
export function together(services: readonly Service[]): Service {
  return {
    start: async () => {
      for (const service of services) await service.start();
    },
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
}
