/** An event that can be awaited again and again; a wake-up between two waits is not lost. */
export class Wakeup {
  #pending = false;
  #resolve: (() => void) | null = null;

  wake(): void {
    this.#pending = true;
    this.#resolve?.();
    this.#resolve = null;
  }

  /** Resolves at the next `wake`, or at once when one came since the last call was answered. One waiter at a time. */
  next(): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = () => {
        this.#pending = false;
        resolve();
      };
    });
  }
}
