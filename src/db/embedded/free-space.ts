import { statfs } from 'node:fs/promises';
import type { PGlite as PgliteLike } from 'kysely';
import { type Queryable, withQuery } from './with-query.ts';

/**
 * Below this many free bytes writes are refused. It is enough for the statements between two looks and for their
 * write-ahead log.
 */
const minimumFreeBytes = 64 * 1024 * 1024;
const lookEveryMs = 2_000;

/** The disk under the embedded database is nearly full. Nothing was written. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
}

interface SpaceProbe {
  /** How many bytes this process may still write under the directory. */
  freeBytes(directory: string): Promise<number>;
  /** Milliseconds on a clock that never goes back. */
  monotonicMs(): number;
}

/**
 * Refuses writes while the disk under `directory` is nearly full. PGlite does not fail there: its next query spins
 * for ever and takes the process with it. So the only safe write is one that is known to fit. Reads go on.
 */
export function guardFreeSpace(directory: string, probe: SpaceProbe = systemProbe) {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let free = 0;

  async function check(): Promise<void> {
    const now = probe.monotonicMs();
    // While there is too little space, each write looks again, so freed space is used at once.
    if (now - lookedAt >= lookEveryMs || free < minimumFreeBytes) {
      free = await probe.freeBytes(directory);
      lookedAt = now;
    }
    if (free < minimumFreeBytes) {
      throw new DiskFull(
        `Only ${Math.floor(free / 1024 / 1024)} MiB are free where the database is kept (${directory}); ` +
          `${minimumFreeBytes / 1024 / 1024} MiB are needed to write safely. Free some space, then try again.`,
      );
    }
  }

  function guarded(target: Queryable): Queryable['query'] {
    return async (query, params, options) => {
      if (writes(query)) await check();
      return await target.query(query, params, options);
    };
  }

  return {
    check,
    /** The same instance for Kysely's dialect, with `check` before every statement that may write. */
    wrap: (pglite: PgliteLike): PgliteLike => withQuery(pglite, guarded),
  };
}

/** Whether the query may write: all but a plain read. A locking read writes to its rows. */
function writes(query: string): boolean {
  return (
    !/^\s*(select|show|set|explain)\b/i.test(query) || /\bfor\s+(no\s+key\s+)?(update|share)\b/i.test(query)
  );
}

const systemProbe: SpaceProbe = {
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
  monotonicMs: () => performance.now(),
};
