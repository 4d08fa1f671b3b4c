/** A part that works by itself between `start` and `stop`. */
export interface Service {
  /** Resolves once it works. Called at most once. */
  start(): Promise<void>;
  /** Begins nothing more, and resolves when what was under way has ended. Does nothing where it never started. */
  stop(): Promise<void>;
}
