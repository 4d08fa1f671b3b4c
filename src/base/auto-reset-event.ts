/** An event that lets one waiter through for each `set`. It remembers a `set` for which nobody waited yet. */
export class AutoResetEvent {
  #isSet = false;
  #resolve: (() => void) | null = null;

  set(): void {
    this.#isSet = true;
    this.#resolve?.();
    this.#resolve = null;
  }

  /** Resolves at the next `set`, or at once if there was one since the last wait ended. One waiter at a time. */
  wait(): Promise<void> {
    if (this.#isSet) {
      this.#isSet = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = () => {
        this.#isSet = false;
        resolve();
      };
    });
  }
}
