/** Awaiting changes of the world. It stands in for nothing of Discord's. */

/** Tells listeners that something changed, so that waiting needs no polling. */
export class Signal {
  readonly #listeners = new Set<() => void>();

  emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with what `read` returns as soon as that is neither null, undefined nor false. It is asked now and at
   * each change. Rejects after `timeoutMs`, with what `describe` says was waited for.
   */
  until<T>(
    read: () => T | null | undefined | false,
    timeoutMs: number,
    describe: () => string,
  ): Promise<NonNullable<T>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          const found = read();
          if (found === null || found === undefined || found === false) return false;
          finish();
          resolve(found as NonNullable<T>);
        } catch (error) {
          finish();
          reject(error);
        }
        return true;
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`waited ${timeoutMs} ms for ${describe()}`));
      }, timeoutMs);
      const forget = this.listen(look);
      const finish = () => {
        clearTimeout(timer);
        forget();
      };
      look();
    });
  }
}
