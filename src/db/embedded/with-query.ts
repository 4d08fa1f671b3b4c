import type { PGlite as PgliteLike } from 'kysely';

/** What runs statements: an instance, or one of its transactions. */
export type Queryable = Pick<PgliteLike, 'query'>;

/** The same instance for Kysely's dialect. Each of its statements goes through what `queryOf` makes of the query. */
export function withQuery(
  pglite: PgliteLike,
  queryOf: (target: Queryable) => Queryable['query'],
): PgliteLike {
  return {
    query: queryOf(pglite),
    transaction: (callback) =>
      pglite.transaction((tx) => callback({ query: queryOf(tx), rollback: () => tx.rollback() })),
    close: () => pglite.close(),
    get closed() {
      return pglite.closed;
    },
    get ready() {
      return pglite.ready;
    },
    waitReady: pglite.waitReady,
  };
}
