import { Random } from '../../sandbox/shows/chaos/random.ts';

/** A repeatable source in [0, 1). */
export function seeded(seed: number): () => number {
  return new Random(seed).next;
}
