/**
 * Queues that take turns (round robin). Of those with something in them, the one that was served last comes last, and
 * a new one comes after those that wait. A queue with few things is through after as many rounds, however many the
 * others have.
 */
export class RoundRobin<T> {
  readonly #queues = new Map<string, T[]>();

  get length(): number {
    return this.inTurn().reduce((sum, queue) => sum + queue.length, 0);
  }

  /** The queues, first the one whose turn it is. */
  inTurn(): readonly (readonly T[])[] {
    return [...this.#queues.values()];
  }

  /** Whose turn it is; null: nobody waits. */
  next(): string | null {
    for (const name of this.#queues.keys()) return name;
    return null;
  }

  /** The queue of this name, in its own order. */
  of(name: string): readonly T[] {
    return this.#queues.get(name) ?? [];
  }

  push(name: string, item: T): void {
    const queue = this.#queues.get(name);
    if (queue) queue.push(item);
    else this.#queues.set(name, [item]);
  }

  /** Puts items back, ahead of everything else in the queue. */
  putBack(name: string, items: readonly T[]): void {
    this.#queues.set(name, [...items, ...this.of(name)]);
  }

  /** Takes these out of a queue, whose turn is then over. */
  serve(name: string, items: readonly T[]): void {
    const rest = without(this.of(name), items);
    this.#queues.delete(name);
    if (rest.length > 0) this.#queues.set(name, rest);
  }

  /** Takes out what fits, from every queue. */
  remove(fits: (item: T) => boolean): T[] {
    const taken: T[] = [];
    for (const [name, queue] of this.#queues) {
      const kept = queue.filter((item) => !fits(item));
      if (kept.length === queue.length) continue;
      taken.push(...queue.filter(fits));
      if (kept.length > 0) this.#queues.set(name, kept);
      else this.#queues.delete(name);
    }
    return taken;
  }
}

function without<T>(queue: readonly T[], items: readonly T[]): T[] {
  if (items.length === 1) {
    const at = queue.indexOf(items[0]!);
    return at < 0 ? [...queue] : queue.toSpliced(at, 1);
  }
  const all = new Set(items);
  return queue.filter((item) => !all.has(item));
}
