import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { CompiledQuery, type Dialect, PGliteDialect, type PGlite as PgliteLike } from 'kysely';
import { valueParsers } from '../server/value-parsers.ts';
import { OwnerOnlyFiles } from './owner-only.ts';
import { takeTurns } from './take-turns.ts';

/**
 * Boots PostgreSQL in this process over `directory`, which must exist; an empty one is filled. Without a directory
 * everything is in memory. `image` (a dumped data directory) may be what it starts from.
 *
 * Throws an error that says what PostgreSQL said last, because PGlite's own says nothing of the cause.
 */
export async function bootPglite(from: { directory?: string; image?: Blob } = {}): Promise<PGlite> {
  let lastWords = '';
  try {
    return await PGlite.create({
      ...(from.directory === undefined ? {} : { fs: new OwnerOnlyFiles(from.directory) }),
      loadDataDir: from.image,
      parsers: { ...valueParsers },
      extensions: { btree_gin, pg_trgm },
      onStderr: (line) => {
        lastWords = /(?:PANIC|FATAL|ERROR): +(.*)/.exec(line)?.[1] ?? lastWords;
        return false;
      },
    });
  } catch (error) {
    throw lastWords === '' ? error : new Error(`PostgreSQL says: ${lastWords}`, { cause: error });
  }
}

/** Kysely over a booted instance; destroying the Kysely closes it. */
export function embeddedDialect(pglite: PgliteLike): Dialect {
  return new PGliteDialect({
    pglite: takeTurns(pglite),
    // Hours and days are computed in UTC, whatever the host's zone is.
    onCreateConnection: async (connection) => {
      await connection.executeQuery(CompiledQuery.raw(`set timezone to 'UTC'`));
    },
  });
}
